//! Logistic regression with a ridge, by Newton's method.

/// Precision of the normal prior of each weight; the intercept has none.
const RIDGE: f64 = 1.0;
/// Newton steps; a dozen suffice, for the ridge keeps the curvature away from 0.
const MOST_STEPS: usize = 100;
/// Halvings of a step that leads downhill.
const MOST_HALVINGS: usize = 40;
/// Steps below this change nothing that a QUAL would show.
const LEAST_STEP: f64 = 1e-10;

/// log(1 + exp(x)), of any x.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}

fn probability(logit: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-logit))
}

/// Fits intercept and weights, in this order, to `rows` of as many values each, of which those in
/// `labels` are true. All sums are taken in the rows' order: the same bits from the same rows.
pub(super) fn fit<const N: usize>(rows: &[[f64; N]], labels: &[bool]) -> Vec<f64> {
    let size = N + 1;
    let mut weights = vec![0.0; size];
    let mut objective = objective_of(rows, labels, &weights);
    for _ in 0..MOST_STEPS {
        let (mut gradient, mut curvature) = (vec![0.0; size], vec![0.0; size * size]);
        for (row, &label) in rows.iter().zip(labels) {
            let p = probability(logit(row, &weights));
            let (rest, spread) = (f64::from(u8::from(label)) - p, p * (1.0 - p));
            for i in 0..size {
                let x = value(row, i);
                gradient[i] += rest * x;
                for j in 0..=i {
                    curvature[i * size + j] += spread * x * value(row, j);
                }
            }
        }
        for i in 1..size {
            gradient[i] -= RIDGE * weights[i];
            curvature[i * size + i] += RIDGE;
        }
        // Rows that are all told apart would leave nothing here.
        curvature[0] += f64::EPSILON;
        let step = solve(&mut curvature, gradient);
        let mut length = 1.0;
        let mut best = None;
        for _ in 0..MOST_HALVINGS {
            let trial: Vec<f64> = weights
                .iter()
                .zip(&step)
                .map(|(weight, step)| weight + length * step)
                .collect();
            let reached = objective_of(rows, labels, &trial);
            if reached >= objective {
                best = Some((trial, reached));
                break;
            }
            length /= 2.0;
        }
        let Some((trial, reached)) = best else { break };
        (weights, objective) = (trial, reached);
        if step.iter().all(|step| (length * step).abs() < LEAST_STEP) {
            break;
        }
    }
    weights
}

/// Intercept, then weights, applied to a row.
pub(super) fn logit<const N: usize>(row: &[f64; N], weights: &[f64]) -> f64 {
    let products = row.iter().zip(&weights[1..]);
    products.fold(weights[0], |sum, (x, weight)| sum + x * weight)
}

fn value<const N: usize>(row: &[f64; N], index: usize) -> f64 {
    if index == 0 { 1.0 } else { row[index - 1] }
}

/// log of the labels' likelihood and of the weights' prior.
fn objective_of<const N: usize>(rows: &[[f64; N]], labels: &[bool], weights: &[f64]) -> f64 {
    let likelihood = rows.iter().zip(labels).fold(0.0, |sum, (row, &label)| {
        let logit = logit(row, weights);
        sum - softplus(if label { -logit } else { logit })
    });
    let squares = weights[1..].iter().fold(0.0, |sum, w| sum + w * w);
    likelihood - RIDGE / 2.0 * squares
}

/// Solves `matrix * x = right` for a symmetric positive definite matrix, of which the lower triangle is
/// given, by Cholesky's decomposition.
fn solve(matrix: &mut [f64], mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    for i in 0..size {
        for j in 0..=i {
            let mut sum = matrix[i * size + j];
            for k in 0..j {
                sum -= matrix[i * size + k] * matrix[j * size + k];
            }
            matrix[i * size + j] = match i == j {
                true => sum.max(f64::MIN_POSITIVE).sqrt(),
                false => sum / matrix[j * size + j],
            };
        }
    }
    for i in 0..size {
        for k in 0..i {
            right[i] -= matrix[i * size + k] * right[k];
        }
        right[i] /= matrix[i * size + i];
    }
    for i in (0..size).rev() {
        for k in i + 1..size {
            right[i] -= matrix[k * size + i] * right[k];
        }
        right[i] /= matrix[i * size + i];
    }
    right
}
