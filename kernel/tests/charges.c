#include "tests.h"
void test_charges(void){}
