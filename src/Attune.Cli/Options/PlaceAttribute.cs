using Attune.Hub;

namespace Attune.Cli.Options;

/// <summary>An option that names files: <c>hf:org/name</c> in it is fetched from the hub and stands for where it lies then.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PlaceAttribute(HubKind kind) : Attribute
{
    public HubKind Kind { get; } = kind;
}
