#include "tests.h"
void test_leaks(void){}
