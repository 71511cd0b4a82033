// SPDX-License-Identifier: GPL-2.0-or-later
//! Another static library in Rust, with a standard library of its own that unwinds: linked beside libfsnotify.

/// Uses what two copies of the standard library could quarrel about: threads, TLS, unwinding.
#[no_mangle]
pub extern "C" fn other_run() -> i32 {
    std::panic::set_hook(Box::new(|_| ()));
    let caught = std::panic::catch_unwind(|| {
        let empty: Vec<i32> = std::hint::black_box(Vec::new());
        empty[0]
    });
    let sum = std::thread::spawn(|| (1..=4).collect::<Vec<i32>>().iter().sum::<i32>()).join();
    i32::from(!(caught.is_err() && matches!(sum, Ok(10))))
}
