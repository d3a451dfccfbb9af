//! Says it where it can be seen when mozjpeg's assembly will be missing: its own build leaves it out without a
//! word that cargo shows, and encoding then takes several times as long.

use std::env;
use std::process::{Command, Stdio};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let wanted = env::var_os("CARGO_FEATURE_NASM_SIMD").is_some();
    let arch = env::var_os("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let needs_nasm = arch == "x86_64" || arch == "x86";
    if wanted && needs_nasm && !has_nasm() {
        println!(
            "cargo::warning=nasm is not installed: the JPEG encoder is built WITHOUT SIMD and will be slow."
        );
        println!(
            "cargo::warning=Install nasm and build again, or turn the feature nasm_simd off to accept this."
        );
    }
}

fn has_nasm() -> bool {
    let version = Command::new("nasm").arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}
