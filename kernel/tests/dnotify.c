#include "tests.h"
void test_dnotify(void){}
