/**
 * A row of a table as a spec: the model, the cluster and the decisions that it states, in the language that people write too.
 * What the language or the solver cannot take yet answers with its own diagnostic, which becomes the row's reason.
 */
package dev.dovetail.cli.validate.row;
