use std::time::SystemTime;

use futures_util::TryStreamExt;
use imgpress_engine_api::Receipt;
use serde_json::json;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn about(original: usize, output: usize) -> About {
    let receipt: Receipt = serde_json::from_value(json!({
        "outcome": "compressed", "format": "png", "contentType": "image/png", "width": 3, "height": 2,
        "bytes": output, "original": { "format": "png", "width": 3, "height": 2, "bytes": original },
        "savedBytes": 1, "ratio": 0.5, "quality": 100, "score": null,
        "timings": { "queueMs": 0.0, "decodeMs": 0.0, "encodeMs": 0.0 }
    }))
    .unwrap();
    About { owner: "shop".to_owned(), receipt }
}

async fn keep(results: &Results, original: &[u8], output: &[u8]) -> ResultId {
    let mut writing = results.begin().await.unwrap();
    writing.write(original).await.unwrap();
    writing.write(output).await.unwrap();
    results.keep(writing, &about(original.len(), output.len())).await.unwrap()
}

async fn open(folder: &tempfile::TempDir, bytes: u64) -> Results {
    let place = folder.path().join("results");
    Results::open(place, folder.path().to_owned(), Bounds { age: HOUR, bytes }).await.unwrap()
}

async fn is_there(results: &Results, id: ResultId) -> bool {
    results.find(id).await.unwrap().is_some()
}

/// Makes a result older than it is.
fn set_age(results: &Results, id: ResultId, age: Duration) {
    let file = std::fs::File::options().write(true).open(results.path(id)).unwrap();
    file.set_modified(SystemTime::now() - age).unwrap();
}

#[tokio::test]
async fn a_result_is_found_with_both_images_and_after_a_restart_too() {
    let folder = tempfile::tempdir().unwrap();
    let results = open(&folder, 1 << 20).await;
    let original = vec![7; 200_000];
    let id = keep(&results, &original, b"made").await;
    for results in [&results, &open(&folder, 1 << 20).await] {
        let kept = results.find(id).await.unwrap().unwrap();
        assert_eq!(kept.about, about(200_000, 4));
        assert_eq!(kept.original().try_collect::<Vec<_>>().await.unwrap().concat(), original);
        assert_eq!(kept.output().try_collect::<Vec<_>>().await.unwrap().concat(), b"made");
    }
    assert!(!is_there(&results, ResultId(Uuid::new_v4())).await);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[tokio::test]
async fn the_oldest_go_where_there_are_too_many_bytes_and_the_newest_stays_in_any_case() {
    let folder = tempfile::tempdir().unwrap();
    let results = open(&folder, 25_000).await;
    let (first, second) = (keep(&results, &[1; 10_000], b"").await, keep(&results, &[2; 10_000], b"").await);
    assert!(is_there(&results, first).await);
    let third = keep(&results, &[3; 10_000], b"").await;
    let there = async |id| is_there(&results, id).await;
    assert_eq!((there(first).await, there(second).await, there(third).await), (false, true, true));
    let large = keep(&results, &[4; 90_000], b"").await;
    assert_eq!((there(second).await, there(third).await, there(large).await), (false, false, true));
    let last = keep(&results, b"5", b"").await;
    assert_eq!((there(large).await, there(last).await), (false, true));
    assert_eq!(std::fs::read_dir(folder.path().join("results")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_start_keeps_to_the_bounds_too() {
    let folder = tempfile::tempdir().unwrap();
    let results = open(&folder, 1 << 20).await;
    let mut ids = Vec::new();
    for minutes in [50, 40, 70, 30] {
        let id = keep(&results, &[1; 10_000], b"").await;
        set_age(&results, id, Duration::from_secs(60 * minutes));
        ids.push(id);
    }
    let again = open(&folder, 25_000).await;
    let mut left = Vec::new();
    for id in ids {
        left.push(is_there(&again, id).await);
    }
    assert_eq!(left, [false, true, false, true], "too old is gone, and so is the oldest of the rest");
}

#[tokio::test]
async fn what_is_too_old_is_not_found_and_a_sweep_removes_it() {
    let folder = tempfile::tempdir().unwrap();
    let results = open(&folder, 1 << 20).await;
    let (old, young) = (keep(&results, b"1", b"").await, keep(&results, b"2", b"").await);
    set_age(&results, old, HOUR);
    assert!(!is_there(&results, old).await && results.path(old).exists());
    results.sweep().await.unwrap();
    assert!(!results.path(old).exists() && is_there(&results, young).await);
    assert_eq!(results.index.lock().await.results.len(), 1);
}

#[tokio::test]
async fn what_is_no_result_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let results = open(&folder, 1 << 20).await;
    let id = keep(&results, b"original", b"made").await;
    let whole = std::fs::read(results.path(id)).unwrap();
    for length in 0..whole.len() {
        std::fs::write(results.path(id), &whole[..length]).unwrap();
        assert!(!is_there(&results, id).await, "{length} bytes");
    }
    for at in whole.len() - 12..whole.len() {
        let mut broken = whole.clone();
        broken[at] ^= 0xff;
        std::fs::write(results.path(id), broken).unwrap();
        assert!(!is_there(&results, id).await, "byte {at}");
    }
    std::fs::write(results.path(id), &whole).unwrap();
    assert!(is_there(&results, id).await);
    std::fs::remove_file(results.path(id)).unwrap();
    std::fs::create_dir(results.path(id)).unwrap();
    assert!(!is_there(&results, id).await);
}

#[test]
fn an_id_has_one_spelling() {
    let id = ResultId(Uuid::new_v4());
    let text = id.to_string();
    assert_eq!(text.parse(), Ok(id));
    let hyphenated = id.0.to_string();
    for other in [&text.to_uppercase()[..], &hyphenated, &text[1..], "", "../../../../etc/passwd", "{}"] {
        assert_eq!(other.parse::<ResultId>(), Err(NoResultId), "{other}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_look_into_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    open(&folder, 1).await;
    let metadata = std::fs::metadata(folder.path().join("results")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o700);
}
