#include "tests.h"
void test_fanotify(void){}
