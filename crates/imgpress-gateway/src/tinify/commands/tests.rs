use imgpress_engine_api::ErrorCode;
use imgpress_options::ImageFormat;

use super::*;

fn read(json: &str) -> Commands {
    asked(json).commands.unwrap()
}

fn asked(json: &str) -> Asked {
    Asked::read(json.as_bytes()).unwrap_or_else(|refused| panic!("{json}: {refused}"))
}

/// The options for each format, of a picture of 400 by 300.
fn options(json: &str) -> Vec<Options> {
    let original = Original { format: ImageFormat::Png, width: 400, height: 300, bytes: 1000 };
    let commands = read(json);
    commands.conversions().into_iter().map(|conversion| commands.options(conversion, &original)).collect()
}

fn one(json: &str) -> Options {
    let [options] = options(json)[..] else { panic!("{json}") };
    options
}

fn size(options: &Options) -> (Option<u16>, Option<u16>, Fit) {
    (options.width.map(Side::get), options.height.map(Side::get), options.fit)
}

#[test]
fn each_method_of_resizing_has_its_box_and_none_enlarges() {
    for (resize, expected) in [
        (r#"{"method":"scale","width":200}"#, (Some(200), None, Fit::ScaleDown)),
        (r#"{"method":"scale","height":200.0}"#, (None, Some(200), Fit::ScaleDown)),
        (r#"{"method":"fit","width":200,"height":100}"#, (Some(200), Some(100), Fit::ScaleDown)),
        (r#"{"method":"cover","width":200,"height":100}"#, (Some(200), Some(100), Fit::Cover)),
        (r#"{"method":"thumb","width":16384,"height":100}"#, (Some(400), Some(100), Fit::Cover)),
        (r#"{"method":"cover","width":900,"height":900}"#, (Some(400), Some(300), Fit::Cover)),
    ] {
        let options = one(&format!("{{\"resize\":{resize}}}"));
        assert_eq!(size(&options), expected, "{resize}");
        assert_eq!(options.format, OutputFormat::Same);
    }
}

#[test]
fn each_type_is_a_format_and_several_are_each_made() {
    let formats = |json: &str| -> Vec<(OutputFormat, bool)> {
        let options = options(&format!("{{\"convert\":{{\"type\":{json}}}}}"));
        options.iter().map(|options| (options.format, options.avif)).collect()
    };
    assert_eq!(formats(r#""image/webp""#), [(OutputFormat::Webp, false)]);
    assert_eq!(formats(r#"["image/avif"]"#), [(OutputFormat::Avif, false)]);
    assert_eq!(formats(r#""*/*""#), [(OutputFormat::Auto, true)]);
    assert_eq!(formats(r#"["image/png","*/*"]"#), [(OutputFormat::Auto, true)]);
    assert_eq!(
        formats(r#"["image/webp","image/jpeg","image/jpg"]"#),
        [(OutputFormat::Webp, false), (OutputFormat::Jpeg, false)]
    );
    assert_eq!(formats(r#"["image/webp","image/png","image/jpeg"]"#), [(OutputFormat::Auto, false)]);
    assert_eq!(
        formats(r#"["image/webp","image/png","image/avif","image/jpeg"]"#),
        [(OutputFormat::Auto, true)]
    );
}

#[test]
fn a_background_and_what_is_preserved_are_options() {
    for (background, expected) in [("white", "#ffffff"), ("black", "#000000"), ("#0a0B0c", "#0a0b0c")] {
        let json = format!(r#"{{"transform":{{"background":"{background}"}}}}"#);
        assert_eq!(one(&json).background.to_string(), expected);
        assert!(read(&json).has_background());
    }
    assert!(!read(r#"{"convert":{"type":"image/jpeg"}}"#).has_background());
    assert_eq!(one(r#"{"preserve":["copyright"]}"#).metadata, Metadata::COPYRIGHT);
    assert_eq!(one(r#"{"preserve":"copyright"}"#).metadata, Metadata::COPYRIGHT);
    let two = one(r#"{"preserve":["creation","copyright","creation"]}"#).metadata;
    assert_eq!(two.to_string(), "copyright,creation");
}

#[test]
fn no_command_is_none() {
    for json in ["", "{}", r#"{"preserve":[]}"#, r#"{"transform":{}}"#, r#"{"resize":null}"#] {
        let asked = asked(json);
        assert!(asked.commands.is_none() && asked.store.is_none(), "{json}");
    }
    let stored = asked(r#"{"store":{"service":"s3"},"preserve":[]}"#);
    assert!(stored.commands.is_none() && stored.store.is_some(), "it makes nothing");
}

#[test]
fn what_is_no_command_is_refused_and_named() {
    for (json, word) in [
        ("null and void", "JSON"),
        ("[]", "JSON"),
        ("\"resize\"", "JSON"),
        (r#"{"resise":{}}"#, "resise"),
        (r#"{"resize":{"method":"fit","width":100}}"#, "height"),
        (r#"{"resize":{"method":"scale","width":100,"height":100}}"#, "scale"),
        (r#"{"resize":{"method":"scale"}}"#, "scale"),
        (r#"{"resize":{"method":"crop","width":100,"height":100}}"#, "thumb"),
        (r#"{"resize":{"width":100}}"#, "method"),
        (r#"{"resize":{"method":"scale","width":0}}"#, "16384"),
        (r#"{"resize":{"method":"scale","width":-5}}"#, "16384"),
        (r#"{"resize":{"method":"scale","width":10.5}}"#, "16384"),
        (r#"{"resize":{"method":"scale","width":16385}}"#, "16384"),
        (r#"{"resize":{"method":"scale","width":1e300}}"#, "16384"),
        (r#"{"convert":{"type":"image/gif"}}"#, "image/webp"),
        (r#"{"convert":{"type":[]}}"#, "type"),
        (r#"{"convert":{}}"#, "type"),
        (r#"{"transform":{"background":"red"}}"#, "white"),
        (r#"{"preserve":["everything"]}"#, "copyright"),
    ] {
        let refused = Asked::read(json.as_bytes()).err().unwrap();
        assert_eq!(refused.code(), ErrorCode::OptionInvalid, "{json}");
        assert!(refused.message().contains(word), "{json}: {refused}");
    }
}
