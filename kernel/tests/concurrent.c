#include "tests.h"
void test_concurrent(void){}
