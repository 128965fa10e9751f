namespace Attune.Cli.Options;

/// <summary>Another name under which an option is known.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class AliasAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
