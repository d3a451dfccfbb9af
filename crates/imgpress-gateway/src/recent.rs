use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a value is remembered under: a SHA-256, so that it is as long whatever a client calls it.
pub(crate) type Digest = [u8; 32];

/// How much is remembered, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    /// How many at most; the one that was longest not asked for goes first. None: nothing is remembered.
    pub most: usize,
    /// For how long.
    pub keep_for: Duration,
}

/// Values that are remembered for a while: so many at most, of which the one that was longest not asked for goes first.
pub(crate) struct Recent<V> {
    bounds: Remembered,
    table: Mutex<Table<V>>,
}

struct Table<V> {
    entries: HashMap<Digest, Entry<V>>,
    /// From the one that was used longest ago.
    order: BTreeMap<u64, Digest>,
    uses: u64,
}

struct Entry<V> {
    value: V,
    ends: Instant,
    used: u64,
}

impl<V: Clone> Recent<V> {
    pub(crate) fn new(bounds: Remembered) -> Self {
        let table = Table { entries: HashMap::new(), order: BTreeMap::new(), uses: 0 };
        Self { bounds, table: Mutex::new(table) }
    }

    pub(crate) fn keep_for(&self) -> Duration {
        self.bounds.keep_for
    }

    pub(crate) fn get(&self, key: &Digest) -> Option<V> {
        self.get_at(key, Instant::now())
    }

    pub(crate) fn insert(&self, key: Digest, value: V) {
        self.insert_at(key, value, Instant::now());
    }

    /// Forgets a value, unless another has taken its place.
    pub(crate) fn forget(&self, key: &Digest, is_meant: impl Fn(&V) -> bool) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.entries.get(key).is_some_and(|entry| is_meant(&entry.value)) {
            table.remove(key);
        }
    }

    fn get_at(&self, key: &Digest, now: Instant) -> Option<V> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let Entry { value, ends, .. } = table.remove(key)?;
        if ends <= now {
            return None;
        }
        table.add(*key, value.clone(), ends);
        Some(value)
    }

    fn insert_at(&self, key: Digest, value: V, now: Instant) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.remove(&key);
        table.add(key, value, now + self.bounds.keep_for);
        while table.entries.len() > self.bounds.most {
            let Some((_, oldest)) = table.order.pop_first() else { return };
            table.entries.remove(&oldest);
        }
    }
}

impl<V> Table<V> {
    fn add(&mut self, key: Digest, value: V, ends: Instant) {
        self.uses += 1;
        self.order.insert(self.uses, key);
        self.entries.insert(key, Entry { value, ends, used: self.uses });
    }

    fn remove(&mut self, key: &Digest) -> Option<Entry<V>> {
        let entry = self.entries.remove(key)?;
        self.order.remove(&entry.used);
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: Duration = Duration::from_secs(60);

    #[test]
    fn the_one_that_was_longest_not_asked_for_goes_first() {
        let recent = Recent::new(Remembered { most: 2, keep_for: AGE });
        recent.insert([1; 32], 1);
        recent.insert([2; 32], 2);
        assert_eq!(recent.get(&[1; 32]), Some(1));
        recent.insert([3; 32], 3);
        assert_eq!([1, 2, 3].map(|key| recent.get(&[key; 32])), [Some(1), None, Some(3)]);
        for _ in 0..100 {
            recent.insert([3; 32], 4);
        }
        assert_eq!([1, 3].map(|key| recent.get(&[key; 32])), [Some(1), Some(4)]);
        assert_eq!(recent.table.lock().unwrap().order.len(), 2);
    }

    #[test]
    fn what_is_too_old_is_forgotten_however_often_it_is_asked_for() {
        let (recent, start) = (Recent::new(Remembered { most: 2, keep_for: AGE }), Instant::now());
        recent.insert_at([1; 32], 1, start);
        assert_eq!(recent.get_at(&[1; 32], start + AGE / 2), Some(1));
        assert_eq!(recent.get_at(&[1; 32], start + AGE), None);
        assert!(recent.table.lock().unwrap().order.is_empty());
    }

    #[test]
    fn none_at_most_is_none() {
        let recent = Recent::new(Remembered { most: 0, keep_for: AGE });
        recent.insert([1; 32], 1);
        assert_eq!(recent.get(&[1; 32]), None);
    }
}
