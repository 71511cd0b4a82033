#include "tests.h"
void test_latency(void){}
