use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, RestrictionStatus, Ruleset, RulesetAttr,
    RulesetError, RulesetStatus, Scope,
};

/// The newest of Landlock that this code was tried with: files, TCP, abstract sockets and signals.
const NEWEST: ABI = ABI::V6;

/// Closes the file system and what else Landlock guards (Linux 5.13 and later: landlock(7)), without exception.
/// Gives what it could not.
pub(super) fn close() -> Option<String> {
    match restrict() {
        Ok(status) => match status.ruleset {
            RulesetStatus::FullyEnforced => None,
            RulesetStatus::PartiallyEnforced => {
                Some("this kernel's Landlock is older than version 6".to_owned())
            }
            RulesetStatus::NotEnforced => Some("this kernel has no Landlock: files are open".to_owned()),
        },
        Err(error) => Some(format!("files are open ({error})")),
    }
}

fn restrict() -> Result<RestrictionStatus, RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .restrict_self()
}
