//! What the engine gives up before it sees a stranger's byte: files, outgoing connections, new processes.
//!
//! Whoever takes it over through a decoder then has a process that can compute and answer, and nothing else.

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod files;
#[cfg(all(test, target_os = "linux"))]
mod tests;

use crate::settings::Sandbox;

/// Restricts the calling thread and all that it will start. What has been opened by now stays open.
///
/// # Errors
/// The whole of it is required, and the kernel cannot.
pub(crate) fn enter(wanted: Sandbox) -> anyhow::Result<()> {
    if wanted == Sandbox::Off {
        tracing::warn!("the sandbox is off");
        return Ok(());
    }
    let lacking = restrict();
    if lacking.is_empty() {
        tracing::info!("the sandbox is closed: no files, no outgoing connections, no new processes");
        return Ok(());
    }
    let lacking = lacking.join("; ");
    if wanted == Sandbox::Required {
        anyhow::bail!("--sandbox (IMGPRESS_SANDBOX): it cannot be closed as a whole here: {lacking}");
    }
    tracing::warn!(lacking, "the sandbox is not closed as a whole");
    Ok(())
}

/// Does what the kernel can, and gives what it cannot.
#[cfg(target_os = "linux")]
fn restrict() -> Vec<String> {
    let files = files::close();
    let calls = calls::filter().err().map(|error| format!("system calls are not filtered ({error})"));
    files.into_iter().chain(calls).collect()
}

#[cfg(not(target_os = "linux"))]
fn restrict() -> Vec<String> {
    vec!["this system has neither Landlock nor seccomp".to_owned()]
}
