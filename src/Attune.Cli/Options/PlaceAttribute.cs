using Attune.Hub;

namespace Attune.Cli.Options;

/// <summary>An option that names files: <c>hf:org/name</c> in it is fetched from the hub and stands for where it lies then.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PlaceAttribute(HubKind kind) : Attribute
{
    public HubKind Kind { get; } = kind;

    /// <summary>Whether a model is asked for its configuration and tokenizer only.</summary>
    public bool WithoutWeights { get; init; }

    /// <summary>Whether an address that names one file of a model stands for that file instead of for its folder.</summary>
    public bool OrFile { get; init; }
}
