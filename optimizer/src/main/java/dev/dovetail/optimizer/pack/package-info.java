/** Dynamic storage allocation: where in a rank's arena each buffer lies. */
package dev.dovetail.optimizer.pack;
