using Attune.Adapters;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Training.Checkpoints;

/// <summary>The weights of an adapter, saved as a folder of PEFT.</summary>
public sealed class AdapterWeights(Adapter adapter) : TrainedWeights
{
    /// <inheritdoc/>
    public override Device Device => adapter.Model.Device;

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => adapter.Trainable;

    /// <inheritdoc/>
    public override void Write(string folder) => AdapterFolder.Write(adapter, folder);

    /// <inheritdoc/>
    public override void Read(string folder)
    {
        var file = new NamedTensors();
        foreach (Parameter parameter in Parameters)
        {
            file.Add(adapter.FileName(parameter), parameter.Value!);
        }

        file.Read(Path.Combine(folder, AdapterFolder.TensorsName));
    }
}
