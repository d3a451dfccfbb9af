//! The conformance suite on a real Supabase, where there is one to test on.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test fail it too")]

use imgpress_storage::{Storage, SupabaseConfig, SupabaseStorage, conformance};

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no flags; these two variables name a server to test on"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Needs a public bucket `images`; leaves a few small objects and one of 5 MiB, in two formats, in it.
#[tokio::test]
async fn passes_the_conformance_suite() {
    let (url, key) = (setting("IMGPRESS_TEST_SUPABASE_URL"), setting("IMGPRESS_TEST_SUPABASE_KEY"));
    let (Some(url), Some(key)) = (url, key) else {
        println!("skipped: IMGPRESS_TEST_SUPABASE_URL and IMGPRESS_TEST_SUPABASE_KEY name no server");
        return;
    };
    let bucket = "images".parse().unwrap();
    let config = SupabaseConfig { url: url.parse().unwrap(), key: key.into(), bucket };
    let storage = SupabaseStorage::new(config).unwrap();
    let folder = tempfile::tempdir().unwrap();
    conformance::run(&storage as &dyn Storage, folder.path()).await;
}
