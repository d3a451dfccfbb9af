//! Line charts, as SVG and as PNG.

use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

/// One line of a chart.
pub(crate) struct Line {
    /// What the legend calls it.
    pub(crate) name: String,
    /// Its points, from left to right.
    pub(crate) points: Vec<(f64, f64)>,
}

/// A chart, before it is drawn.
pub(crate) struct Chart {
    /// Above the chart.
    pub(crate) title: String,
    /// Below the horizontal axis.
    pub(crate) across: String,
    /// Beside the vertical axis.
    pub(crate) up: String,
    /// The lines, in the order of the legend.
    pub(crate) lines: Vec<Line>,
}

const SIZE: (u32, u32) = (960, 600);

/// The first eight are colours that people who see fewer of them tell apart too (M. Okabe and K. Ito, 2008).
const COLOURS: [RGBColor; 12] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(0, 0, 0),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(128, 128, 128),
    RGBColor(190, 174, 66),
    RGBColor(120, 60, 160),
    RGBColor(140, 80, 30),
    RGBColor(150, 200, 60),
];

impl Chart {
    /// Draws the chart into `NAME.svg` and `NAME.png` in a folder.
    ///
    /// # Errors
    ///
    /// There is nothing to draw, or a file cannot be written.
    pub(crate) fn save(&self, folder: &Path, name: &str) -> Result<()> {
        font()?;
        let svg = folder.join(format!("{name}.svg"));
        self.draw(&SVGBackend::new(&svg, SIZE).into_drawing_area())?;
        let mut pixels = vec![255; (SIZE.0 * SIZE.1 * 3) as usize];
        self.draw(&BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area())?;
        let png = folder.join(format!("{name}.png"));
        image::save_buffer(png, &pixels, SIZE.0, SIZE.1, image::ExtendedColorType::Rgb8)?;
        Ok(())
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<()> {
        let failed =
            |error: DrawingAreaErrorKind<B::ErrorType>| anyhow!("the chart cannot be drawn: {error}");
        let (across, up) = self.ranges().ok_or_else(|| anyhow!("nothing to draw in {}", self.title))?;
        area.fill(&WHITE).map_err(failed)?;
        let mut chart = ChartBuilder::on(area)
            .caption(&self.title, ("sans-serif", 22))
            .margin(16)
            .x_label_area_size(48)
            .y_label_area_size(64)
            .build_cartesian_2d(across.0..across.1, up.0..up.1)
            .map_err(failed)?;
        chart
            .configure_mesh()
            .x_desc(&self.across)
            .y_desc(&self.up)
            .label_style(("sans-serif", 15))
            .light_line_style(WHITE)
            .draw()
            .map_err(failed)?;
        for (line, &colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
            let style = ShapeStyle::from(colour).stroke_width(2);
            chart
                .draw_series(LineSeries::new(line.points.iter().copied(), style))
                .map_err(failed)?
                .label(&line.name)
                .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 22, y)], style));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::MiddleRight)
            .background_style(WHITE.mix(0.85))
            .border_style(BLACK.mix(0.4))
            .label_font(("sans-serif", 15))
            .draw()
            .map_err(failed)?;
        area.present().map_err(failed)
    }

    /// What both axes span: all points and a little more, and room for the legend to the right.
    fn ranges(&self) -> Option<((f64, f64), (f64, f64))> {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let across = span(points().map(|point| point.0))?;
        let with_legend = (across.0, across.1 + (across.1 - across.0) * 0.27);
        Some((with_legend, span(points().map(|point| point.1))?))
    }
}

/// Makes the font of charts and labels, `sans-serif`, known; it is in this program.
///
/// # Errors
///
/// It cannot be read.
pub(crate) fn font() -> Result<()> {
    static FONT: OnceLock<bool> = OnceLock::new();
    let registered =
        FONT.get_or_init(|| register_font("sans-serif", FontStyle::Normal, dejavu::sans::regular()).is_ok());
    anyhow::ensure!(*registered, "the font of the charts cannot be read");
    Ok(())
}

fn span(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let margin = ((high - low) / 20.0).max(1e-6);
    (low <= high).then_some((low - margin, high + margin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_is_written_in_both_formats() {
        let folder = tempfile::tempdir().unwrap();
        let lines = vec![Line { name: "a".into(), points: vec![(0.0, 1.0), (1.0, 3.0)] }];
        let chart = Chart { title: "t".into(), across: "x".into(), up: "y".into(), lines };
        chart.save(folder.path(), "chart").unwrap();
        assert!(std::fs::read_to_string(folder.path().join("chart.svg")).unwrap().contains("</svg>"));
        assert_eq!(image::open(folder.path().join("chart.png")).unwrap().width(), SIZE.0);
    }

    #[test]
    fn a_chart_of_nothing_is_refused() {
        let chart = Chart { title: "t".into(), across: String::new(), up: String::new(), lines: Vec::new() };
        assert!(chart.save(Path::new("."), "never").is_err());
    }
}
