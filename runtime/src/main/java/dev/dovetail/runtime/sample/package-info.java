/** Writing text with a trained model. */
package dev.dovetail.runtime.sample;
