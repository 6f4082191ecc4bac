/** What instructions cost in time, energy, money and carbon, on hardware described or measured. */
package dev.dovetail.optimizer.cost;
