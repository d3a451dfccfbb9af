//! Finds the system's libheif.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(security_limits)");
    match pkg_config::Config::new().atleast_version("1.15").probe("libheif") {
        // Before that it bounds the sides of pictures alone.
        Ok(library) if !is_older(&library.version, 19) => println!("cargo::rustc-cfg=security_limits"),
        Ok(_) => {}
        Err(error) => {
            println!("cargo::error=libheif 1.15 or newer is needed for HEIC (Debian: libheif-dev): {error}");
        }
    }
}

/// Whether a version is older than 1.`minor`.
fn is_older(version: &str, minor: u32) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < (1, minor)
}
