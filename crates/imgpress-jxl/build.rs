//! Finds the system's libjxl.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(distance_of_channels)");
    match pkg_config::Config::new().atleast_version("0.7").probe("libjxl") {
        // Before that the channels beside the colours are coded without loss.
        Ok(library) if !is_older(&library.version, 9) => println!("cargo::rustc-cfg=distance_of_channels"),
        Ok(_) => {}
        Err(error) => {
            println!("cargo::error=libjxl 0.7 or newer is needed for JPEG XL (Debian: libjxl-dev): {error}");
        }
    }
}

/// Whether a version is older than 0.`minor`.
fn is_older(version: &str, minor: u32) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < (0, minor)
}
