using System.Text.Json.Nodes;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Adapters;

/// <summary>What a method adds to a model: trained parameters, and the way in which they change its layers.</summary>
public abstract class Adapter : IDisposable
{
    /// <summary>Adapts a model.</summary>
    protected Adapter(Network model)
    {
        Model = model;
        BaseParameters = model.Parameters().Sum(parameter => parameter.Count);
    }

    /// <summary>The adapted model.</summary>
    public Network Model { get; }

    /// <summary>The method's key, such as <c>lora</c>.</summary>
    public abstract string Method { get; }

    /// <summary>The parameters that the method trains, in the order of the model's layers, under the names of PEFT's files.</summary>
    public abstract IReadOnlyList<Parameter> Trainable { get; }

    /// <summary>How many parameters the model had before it was adapted.</summary>
    public long BaseParameters { get; }

    /// <summary>How many parameters the method adds to the model (trained parameters of the model itself are not counted).</summary>
    public abstract long AddedParameters { get; }

    /// <summary>The name under which a trained parameter is saved.</summary>
    public virtual string FileName(Parameter parameter) => parameter.Name;

    /// <summary>Whether the adapter takes part in forward passes. A disabled adapter gives the base model's results bit for bit.</summary>
    public abstract bool IsEnabled { get; set; }

    /// <summary>The method's settings as PEFT's <c>adapter_config.json</c> holds them.</summary>
    public abstract JsonObject ToConfig();

    /// <summary>Computes the adapted weights and puts them in place of the model's own; the adapter no longer takes part in forward passes.</summary>
    public abstract void Merge();

    /// <summary>Puts the model's own weights back, bit for bit, after <see cref="Merge"/>.</summary>
    public abstract void Unmerge();

    /// <summary>Takes the adapter off the model and frees its memory.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Takes the adapter off the model.</summary>
    protected abstract void Dispose(bool disposing);

    /// <summary>A copy of a weight in single precision that lives as long as the adapter.</summary>
    protected Tensor Persist(Tensor values)
    {
        Tensor copy = Model.Device.Persistent(values.Shape, DType.F32);
        Model.Device.Backend.Copy(values, copy);
        return copy;
    }
}
