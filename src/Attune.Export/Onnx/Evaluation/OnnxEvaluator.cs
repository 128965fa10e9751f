using Attune.Formats;

namespace Attune.Export.Onnx.Evaluation;

/// <summary>
/// Computes a graph as the definition of its operators says (onnx.ai, "ONNX Operators", version 17), in the plainest way: what an exported model is compared with its source by.
/// It knows the operators that the export writes.
/// </summary>
public static class OnnxEvaluator
{
    /// <summary>Computes the outputs.</summary>
    /// <param name="model">The graph.</param>
    /// <param name="inputs">Its inputs by name.</param>
    /// <param name="cancellation">Ends it between two operations.</param>
    /// <exception cref="ExportException">An operator is not known, an input is missing, or extents do not fit.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static IReadOnlyDictionary<string, OnnxArray> Run(OnnxModel model, IReadOnlyDictionary<string, OnnxArray> inputs, CancellationToken cancellation = default)
    {
        var values = new Dictionary<string, OnnxArray>(inputs);
        Dictionary<string, OnnxTensor> constants = model.Tensors.ToDictionary(tensor => tensor.Name);
        Dictionary<string, int> lastUse = [];
        for (int i = 0; i < model.Nodes.Count; i++)
        {
            foreach (string input in model.Nodes[i].Inputs)
            {
                lastUse[input] = i;
            }
        }

        HashSet<string> wanted = [.. model.Outputs.Select(output => output.Name)];
        for (int i = 0; i < model.Nodes.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            OnnxNode node = model.Nodes[i];
            try
            {
                values[node.Outputs[0]] = KnownOperators.Find(node.Operator)(new OperatorCall(node, [.. node.Inputs.Select(Value)]));
            }
            catch (Exception error) when (error is ArgumentException or IndexOutOfRangeException or InvalidCastException or OverflowException or KeyNotFoundException)
            {
                throw new ExportException($"onnx: operation {i} ({node.Operator} of {string.Join(", ", node.Inputs)}): {error.Message}", error);
            }

            // Weights come and go: a model need not be held twice.
            foreach (string input in node.Inputs.Where(input => lastUse[input] == i && !wanted.Contains(input)))
            {
                values.Remove(input);
            }
        }

        return wanted.ToDictionary(name => name, name => values[name]);

        OnnxArray Value(string name)
        {
            if (!values.TryGetValue(name, out OnnxArray? value))
            {
                value = OnnxArray.Of(constants[name]);
                values.Add(name, value);
            }

            return value;
        }
    }
}
