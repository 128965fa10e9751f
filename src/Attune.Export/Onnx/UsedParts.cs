using Attune.Formats;

namespace Attune.Export.Onnx;

/// <summary>Leaves out what no output depends on.</summary>
internal static class UsedParts
{
    public static OnnxModel Of(OnnxModel model)
    {
        HashSet<string> used = [.. model.Outputs.Select(output => output.Name)];
        List<OnnxNode> nodes = [];
        foreach (OnnxNode node in model.Nodes.Reverse())
        {
            if (node.Outputs.Any(used.Contains))
            {
                used.UnionWith(node.Inputs);
                nodes.Add(node);
            }
        }

        nodes.Reverse();

        return model with
        {
            Nodes = nodes,
            Tensors = [.. model.Tensors.Where(tensor => used.Contains(tensor.Name))],
            Inputs = [.. model.Inputs.Where(input => used.Contains(input.Name))],
        };
    }
}
