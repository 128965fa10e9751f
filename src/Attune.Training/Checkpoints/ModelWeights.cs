using Attune.Nn;
using Attune.Tensors;

namespace Attune.Training.Checkpoints;

/// <summary>The trained weights of a model itself (full fine-tuning, freezing), saved in F32 as <c>model.safetensors</c>; frozen ones are not saved again.</summary>
public sealed class ModelWeights(Network model) : TrainedWeights
{
    /// <summary>Name of the weights' file.</summary>
    public const string FileName = "model.safetensors";

    /// <inheritdoc/>
    public override Device Device => model.Device;

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; } = [.. model.Parameters().Where(parameter => parameter.IsTrainable)];

    /// <inheritdoc/>
    public override void Write(string folder) => Tensors().Write(Path.Combine(folder, FileName));

    /// <inheritdoc/>
    public override void Read(string folder) => Tensors().Read(Path.Combine(folder, FileName));

    private NamedTensors Tensors()
    {
        var file = new NamedTensors();
        foreach (Parameter parameter in Parameters)
        {
            file.Add(parameter.Name, parameter.Value!);
        }

        return file;
    }
}
