#include "tests.h"
void test_failures(void){}
