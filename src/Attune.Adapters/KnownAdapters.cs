using System.Text.Json;
using Attune.Adapters.Methods;
using Attune.Formats;
using Attune.Nn;

namespace Attune.Adapters;

/// <summary>A method by which models are adapted.</summary>
/// <param name="Key">The word that users write, such as <c>lora</c>.</param>
/// <param name="PeftType">PEFT's name of it in <c>adapter_config.json</c>.</param>
/// <param name="Open">Opens an adapter of the method: model, settings, path of the settings for messages, tensors.</param>
public sealed record AdapterMethod(string Key, string PeftType, Func<Network, JsonElement, string, ITensorSource, Adapter> Open);

/// <summary>All adapter methods.</summary>
public static class KnownAdapters
{
    /// <summary>One line each.</summary>
    public static IReadOnlyList<AdapterMethod> All { get; } =
    [
        new("lora", "LORA", static (model, config, path, tensors) => Lora.Open(model, LoraConfigFile.Read(config, path), tensors)),
    ];

    /// <summary>Finds a method by PEFT's name; null when it is not known.</summary>
    public static AdapterMethod? ByPeftType(string type) => All.FirstOrDefault(method => method.PeftType == type);
}
