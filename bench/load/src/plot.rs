use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use crate::steps::Step;

/// Draws what was done of what was offered, both against the capacity.
pub(crate) fn draw(steps: &[Step], capacity: f64, path: &Path) -> Result<()> {
    draw_on(&SVGBackend::new(path, (720, 420)).into_drawing_area(), steps, capacity)
        .map_err(|error| anyhow!("drawing {}: {error}", path.display()))
}

type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

fn draw_on<'a>(
    area: &DrawingArea<SVGBackend<'a>, plotters::coord::Shift>,
    steps: &[Step],
    capacity: f64,
) -> Drawn<'a> {
    area.fill(&WHITE)?;
    let most = steps.iter().map(|step| step.multiple).fold(1.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .margin(16)
        .x_label_area_size(40)
        .y_label_area_size(52)
        .caption("Done against offered, in parts of the capacity", ("sans-serif", 18))
        .build_cartesian_2d(0.0..most * 1.05, 0.0..1.3)?;
    chart.configure_mesh().x_desc("offered").y_desc("done").label_style(("sans-serif", 13)).draw()?;
    let ideal = [(0.0, 0.0), (1.0, 1.0), (most, 1.0)];
    chart.draw_series(LineSeries::new(ideal, BLACK.mix(0.3)))?;
    let done: Vec<_> = steps.iter().map(|step| (step.multiple, step.goodput() / capacity)).collect();
    chart.draw_series(LineSeries::new(done.clone(), BLUE.stroke_width(2)))?;
    chart.draw_series(done.into_iter().map(|place| Circle::new(place, 4, BLUE.filled())))?;
    area.present()
}
