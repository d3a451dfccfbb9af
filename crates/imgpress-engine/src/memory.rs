//! Memory as something to be reserved before it is used.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// Memory is counted in units of 64 KiB: fine enough for small images, and 256 TiB fit into 32 bits.
const UNIT: u64 = 64 << 10;

/// So many bytes that all reservations together never hold more.
#[derive(Debug, Clone)]
pub(crate) struct MemoryBudget {
    free: Arc<Semaphore>,
    /// Bytes, in whole units.
    total: u64,
}

/// Bytes set aside until this is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: MemoryBudget,
    permit: OwnedSemaphorePermit,
}

/// Nothing is left to reserve now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl MemoryBudget {
    /// A budget of `bytes`, rounded up to a unit.
    pub(crate) fn new(bytes: u64) -> Self {
        let most =
            usize::try_from(u32::MAX).map_or(Semaphore::MAX_PERMITS, |most| most.min(Semaphore::MAX_PERMITS));
        let units = usize::try_from(bytes.div_ceil(UNIT)).unwrap_or(most).clamp(1, most);
        Self { free: Arc::new(Semaphore::new(units)), total: (units as u64).saturating_mul(UNIT) }
    }

    /// Bytes in all. More than that can never be reserved.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Reserves `bytes`, after everybody who asked before. Waits for ever where they exceed the total.
    pub(crate) async fn reserve(&self, bytes: u64) -> Result<Reservation, Exhausted> {
        let permit = Arc::clone(&self.free).acquire_many_owned(units(bytes)).await.map_err(|_| Exhausted)?;
        Ok(Reservation { budget: self.clone(), permit })
    }

    /// Reserves `bytes` now or not at all.
    pub(crate) fn try_reserve(&self, bytes: u64) -> Result<Reservation, Exhausted> {
        let permit = self.try_units(units(bytes)).map_err(|_| Exhausted)?;
        Ok(Reservation { budget: self.clone(), permit })
    }

    fn try_units(&self, units: u32) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        Arc::clone(&self.free).try_acquire_many_owned(units)
    }
}

impl Reservation {
    /// Makes it hold at least `bytes`, now or not at all.
    pub(crate) fn grow_to(&mut self, bytes: u64) -> Result<(), Exhausted> {
        let missing =
            usize::try_from(units(bytes)).map_err(|_| Exhausted)?.saturating_sub(self.permit.num_permits());
        if missing > 0 {
            let missing = u32::try_from(missing).map_err(|_| Exhausted)?;
            self.permit.merge(self.budget.try_units(missing).map_err(|_| Exhausted)?);
        }
        Ok(())
    }

    /// Gives back what it holds beyond `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: u64) {
        let kept = usize::try_from(units(bytes)).unwrap_or(usize::MAX);
        drop(self.permit.split(self.permit.num_permits().saturating_sub(kept)));
    }
}

/// Whole units for `bytes`, at least one.
fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_holds_more_than_the_total() {
        let budget = MemoryBudget::new(4 * UNIT);
        let three = budget.try_reserve(3 * UNIT).unwrap();
        let mut one = budget.try_reserve(1).unwrap();
        assert!(budget.try_reserve(1).is_err());
        assert_eq!(one.grow_to(UNIT), Ok(()));
        assert_eq!(one.grow_to(UNIT + 1), Err(Exhausted));
        drop(three);
        assert_eq!(one.grow_to(4 * UNIT), Ok(()));
        assert!(budget.try_reserve(1).is_err());
        one.shrink_to(UNIT);
        assert!(budget.try_reserve(3 * UNIT).is_ok());
        drop(one);
        assert!(budget.try_reserve(4 * UNIT).is_ok());
    }

    #[test]
    fn absurd_sizes_are_neither_a_panic_nor_granted() {
        let budget = MemoryBudget::new(UNIT);
        assert!(budget.try_reserve(u64::MAX).is_err());
        assert!(MemoryBudget::new(u64::MAX).total() > 1 << 40);
        assert_eq!(MemoryBudget::new(0).total(), UNIT);
    }
}
