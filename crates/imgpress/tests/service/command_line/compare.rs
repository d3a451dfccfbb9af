//! `imgpress compare`.

use tempfile::TempDir;

use super::{compress, folder_with};
use crate::support::{command, photo, run};

async fn compare(folder: &TempDir, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut compare = command(folder);
    compare.arg("compare").args(arguments);
    run(compare).await
}

#[tokio::test]
async fn the_score_falls_with_quality_and_the_difference_is_a_picture() {
    let folder = folder_with(&["a.png"]);
    let mut scores = Vec::new();
    for (quality, format) in [("20", "jpg"), ("60", "webp"), ("95", "jpg")] {
        let name = format!("{quality}.{format}");
        assert_eq!(compress(&folder, &["a.png", "-o", &name, "--quality", quality]).await.0, Some(0));
        let (code, said, complaint) =
            compare(&folder, &["a.png", &name, "-o", "difference.png", "--json"]).await;
        assert_eq!(code, Some(0), "{complaint}");
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        scores.push(said["score"].as_f64().unwrap());
        let picture = image::open(folder.path().join("difference.png")).unwrap().to_rgb8();
        assert_eq!(picture.dimensions(), (120, 90));
        let brightest = picture.as_raw().iter().max().unwrap();
        assert_eq!(u64::from(*brightest), (said["largestDifference"].as_u64().unwrap() * 8).min(255));
    }
    assert!(
        scores.is_sorted() && scores[0] > 0.0 && scores[2] < 100.0 && scores[2] - scores[0] > 10.0,
        "{scores:?}"
    );
}

#[tokio::test]
async fn a_picture_is_like_itself() {
    let folder = folder_with(&["a.png"]);
    let (code, said, _) = compare(&folder, &["a.png", "a.png", "-o", "none.png"]).await;
    assert_eq!((code, said.trim()), (Some(0), "SSIMULACRA2 100.00"));
    let picture = image::open(folder.path().join("none.png")).unwrap().to_rgb8();
    assert!(picture.as_raw().iter().all(|level| *level == 0));
}

#[tokio::test]
async fn what_cannot_be_compared_is_said() {
    let folder = folder_with(&["a.png"]);
    std::fs::write(folder.path().join("wide.png"), photo(121, 90)).unwrap();
    std::fs::write(folder.path().join("text.png"), "text").unwrap();
    for (copy, word) in [("wide.png", "121 × 90"), ("text.png", "the copy"), ("missing.png", "missing.png")]
    {
        let (code, said, complaint) = compare(&folder, &["a.png", copy, "-o", "difference.png"]).await;
        assert_eq!((code, &*said), (Some(1), ""), "{copy}");
        assert!(complaint.contains(word), "{copy}: {complaint}");
    }
    assert_eq!(compare(&folder, &["a.png"]).await.0, Some(2));
    assert!(!folder.path().join("difference.png").exists());
}
