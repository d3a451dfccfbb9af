//! The matrices that the quantisation tables are made from.
//!
//! Numeric constants of jpegli (libjxl 0.10), rounded to four places, under its licence:
//!
//! Copyright (c) the JPEG XL Project Authors. All rights reserved.
//!
//! Redistribution and use in source and binary forms, with or without modification, are permitted provided
//! that the following conditions are met:
//!
//! 1. Redistributions of source code must retain the above copyright notice, this list of conditions and the
//!    following disclaimer.
//! 2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and
//!    the following disclaimer in the documentation and/or other materials provided with the distribution.
//! 3. Neither the name of the copyright holder nor the names of its contributors may be used to endorse or
//!    promote products derived from this software without specific prior written permission.
//!
//! THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED
//! WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A
//! PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY
//! DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO,
//! PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION)
//! HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING
//! NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE
//! POSSIBILITY OF SUCH DAMAGE.

/// One number for each frequency, 8 · vertical + horizontal.
pub(crate) type Matrix = [f32; 64];

/// Quantisation steps of luma at distance 1, before scaling.
#[rustfmt::skip]
pub(crate) const BASE_Y: Matrix = [
    1.2397, 1.7227, 2.9212, 2.8127, 3.3398, 3.4636, 3.8409, 3.8696,
    1.7227, 2.0929, 2.8457, 2.7045, 3.4408, 3.1662, 4.0252, 4.0353,
    2.9212, 2.8457, 2.9587, 3.3863, 3.6195, 3.9046, 3.7578, 4.2374,
    2.8127, 2.7045, 3.3863, 3.3801, 4.1680, 4.8055, 4.7843, 4.6059,
    3.3398, 3.4408, 3.6195, 4.1680, 4.5799, 4.9232, 5.5741, 5.4853,
    3.4636, 3.1662, 3.9046, 4.8055, 4.9232, 5.4394, 5.0939, 6.0872,
    3.8409, 4.0252, 3.7578, 4.7843, 5.5741, 5.0939, 5.4385, 5.4037,
    3.8696, 4.0353, 4.2374, 4.6059, 5.4853, 6.0872, 5.4037, 4.3779,
];

/// Quantisation steps of blue chroma.
#[rustfmt::skip]
pub(crate) const BASE_CB: Matrix = [
    2.8236, 6.4956, 9.3105, 10.6475, 11.0742, 17.1464, 18.4640, 29.0870,
    6.4956, 8.8901, 8.9769, 13.6663, 16.5471, 16.6387, 26.7784, 21.3303,
    9.3105, 8.9769, 11.0874, 18.2055, 19.7525, 23.9857, 102.6457, 24.4510,
    10.6475, 13.6663, 18.2055, 18.6280, 16.0425, 25.0492, 25.0171, 35.7979,
    11.0742, 16.5471, 19.7525, 16.0425, 19.3735, 14.6775, 19.9470, 51.0941,
    17.1464, 16.6387, 23.9857, 25.0492, 14.6775, 31.3204, 46.3572, 67.4811,
    18.4640, 26.7784, 102.6457, 25.0171, 19.9470, 46.3572, 61.3158, 88.3467,
    29.0870, 21.3303, 24.4510, 35.7979, 51.0941, 67.4811, 88.3467, 112.161,
];

/// Quantisation steps of red chroma.
#[rustfmt::skip]
pub(crate) const BASE_CR: Matrix = [
    2.9217, 4.4977, 7.3563, 6.5839, 8.5356, 8.7994, 9.1883, 9.4827,
    4.4977, 6.3095, 7.0246, 7.1564, 8.0491, 7.0124, 6.7119, 8.3803,
    7.3563, 7.0246, 6.8921, 6.8828, 8.7822, 6.8775, 7.8858, 8.6791,
    6.5839, 7.1564, 6.8828, 7.0031, 7.7223, 7.9554, 7.4734, 8.3629,
    8.5356, 8.0491, 8.7822, 7.7223, 6.7780, 9.4849, 9.0437, 8.0532,
    8.7994, 7.0124, 6.8775, 7.9554, 9.4849, 8.6076, 9.9227, 64.2514,
    9.1883, 6.7119, 7.8858, 7.4734, 9.0437, 9.9227, 63.1849, 83.3529,
    9.4827, 8.3803, 8.6791, 8.3629, 8.0532, 64.2514, 83.3529, 114.892,
];

/// How fast each frequency's step grows with distance, above distance 1.5.
#[rustfmt::skip]
pub(crate) const EXPONENT: Matrix = [
    1.00, 0.51, 0.67, 0.74, 1.00, 1.00, 1.00, 1.00,
    0.51, 0.66, 0.69, 0.87, 1.00, 1.00, 1.00, 1.00,
    0.67, 0.69, 0.84, 0.83, 0.96, 1.00, 1.00, 1.00,
    0.74, 0.87, 0.83, 1.00, 1.00, 0.91, 0.91, 1.00,
    1.00, 1.00, 0.96, 1.00, 1.00, 1.00, 1.00, 1.00,
    1.00, 1.00, 1.00, 0.91, 1.00, 1.00, 1.00, 1.00,
    1.00, 1.00, 1.00, 0.91, 1.00, 1.00, 1.00, 1.00,
    1.00, 1.00, 1.00, 1.00, 1.00, 1.00, 1.00, 1.00,
];

/// What chroma steps are multiplied by when chroma is at half size.
#[rustfmt::skip]
pub(crate) const RESCALE_420: Matrix = [
    0.4093, 0.3209, 0.3477, 0.3333, 0.3144, 0.2823, 0.3214, 0.3354,
    0.3209, 0.3111, 0.3489, 0.2801, 0.3059, 0.3119, 0.4135, 0.3445,
    0.3477, 0.3489, 0.3586, 0.3257, 0.2727, 0.3754, 0.3369, 0.3484,
    0.3333, 0.2801, 0.3257, 0.3020, 0.3515, 0.3410, 0.3971, 0.3839,
    0.3144, 0.3059, 0.2727, 0.3515, 0.3105, 0.3397, 0.2716, 0.3836,
    0.2823, 0.3119, 0.3754, 0.3410, 0.3397, 0.3212, 0.3203, 0.0726,
    0.3214, 0.4135, 0.3369, 0.3971, 0.2716, 0.3203, 0.0798, 0.0553,
    0.3354, 0.3445, 0.3484, 0.3839, 0.3836, 0.0726, 0.0553, 0.3368,
];
