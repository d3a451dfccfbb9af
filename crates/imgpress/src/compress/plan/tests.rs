use clap::Parser;

use super::*;

#[derive(Parser)]
struct Typed {
    #[command(flatten)]
    arguments: Arguments,
}

fn planned(typed: &[&str]) -> Result<Vec<Work>, Usage> {
    let typed = Typed::try_parse_from([&["compress"][..], typed].concat()).expect("clap takes it");
    let options = typed.arguments.options()?;
    plan(&typed.arguments, options.format).map(|plan| plan.work)
}

fn files(typed: &[&str]) -> Vec<String> {
    let file = |item: &Work| item.target.file(ImageFormat::Webp).unwrap().display().to_string();
    planned(typed).unwrap().iter().map(file).collect()
}

#[test]
fn two_images_of_one_name_are_refused_before_any_work() {
    let refused = planned(&["a/x.png", "b/x.gif", "--out-dir", "out"]).unwrap_err();
    assert!(refused.to_string().contains("out/x.jpg"), "{refused}");
}

#[test]
fn one_output_takes_one_image() {
    assert!(planned(&["a.png", "b.png", "-o", "c.jpg"]).is_err());
    assert!(planned(&["a.png", "-o", "c.jpg"]).is_ok());
}

#[test]
fn outputs_are_called_after_their_format() {
    assert_eq!(files(&["a.jpg", "b", "--out-dir", "out", "--format", "png"]), ["out/a.png", "out/b.png"]);
    assert_eq!(files(&["a.jpg", "--out-dir", "out", "--format", "auto"]), ["out/a.webp"]);
    assert_eq!(
        files(&["a.JPG", "b.jpeg", "c.png", "--out-dir", "out"]),
        ["out/a.JPG", "out/b.jpeg", "out/c.jpg"]
    );
    assert!(
        planned(&["a.jpg", "a.png", "--out-dir", "out", "--format", "auto"]).is_err(),
        "both could be one file"
    );
}

#[test]
fn the_same_format_is_that_of_the_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let misnamed = write("a.jpg", b"\x89PNG\r\n\x1a\n");
    let (png, gif) = (write("a.png", b"\x89PNG\r\n\x1a\n"), write("b.gif", b"GIF89a"));
    assert_eq!(files(&[&misnamed, &gif, "--out-dir", "out", "--format", "same"]), ["out/a.png", "out/b.png"]);
    assert!(planned(&[&misnamed, &png, "--out-dir", "out", "--format", "same"]).is_err());
}

#[test]
fn an_input_is_not_written_over_by_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let (path, dir) = (folder.path().join("a.jpg"), folder.path().display().to_string());
    std::fs::write(&path, "").unwrap();
    let name = path.display().to_string();
    let around = format!("{dir}/./a.jpg");
    for typed in [&[&*name, "-o", &around][..], &[&name, "--out-dir", &dir], &[&dir, "-r", "--out-dir", &dir]]
    {
        let refused = planned(typed).unwrap_err();
        assert!(refused.to_string().contains("--in-place"), "{typed:?}: {refused}");
    }
    assert_eq!(planned(&[&name, &around, "-r", &dir, "--in-place"]).unwrap().len(), 1, "it is one image");
}

#[test]
fn in_place_the_format_stays() {
    assert_eq!(planned(&["a.png", "--in-place"]).unwrap()[0].target, Target::InPlace { backup: false });
    assert!(planned(&["a.png", "--in-place", "--format", "same"]).is_ok());
    assert!(planned(&["a.png", "--in-place", "--format", "webp"]).is_err());
}

#[test]
fn the_standard_input_goes_to_the_standard_output_or_into_a_named_file() {
    assert_eq!(planned(&["-"]).unwrap()[0].target, Target::Stdout);
    assert_eq!(planned(&["-", "-o", "-"]).unwrap()[0].target, Target::Stdout);
    assert_eq!(files(&["-", "-o", "a.webp"]), ["a.webp"]);
    for typed in [&["-", "--in-place"][..], &["-", "--out-dir", "out"], &["-", "a.png"], &["a.png"]] {
        assert!(planned(typed).is_err(), "{typed:?}");
    }
}
