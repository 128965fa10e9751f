using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>A setting that a GGUF file holds under one key and a configuration under another.</summary>
/// <param name="Gguf">The key of the metadata behind the name of the architecture.</param>
/// <param name="Name">The key of the configuration.</param>
/// <param name="Kind">What its value is.</param>
/// <param name="Fallback">The family's value for configurations that do not give it; null: it is left out then.</param>
internal sealed record GgufKey(string Gguf, string Name, GgufKey.Value Kind, double? Fallback = null)
{
    /// <summary>What the value of a key is.</summary>
    internal enum Value
    {
        /// <summary>An integer from 1 on.</summary>
        Count,

        /// <summary>A number.</summary>
        Number,

        /// <summary>True or false.</summary>
        Flag,
    }

    /// <summary>An integer from 1 on.</summary>
    public static GgufKey Count(string gguf, string name, int? fallback = null) => new(gguf, name, Value.Count, fallback);

    /// <summary>A number.</summary>
    public static GgufKey Number(string gguf, string name, double? fallback = null) => new(gguf, name, Value.Number, fallback);

    /// <summary>True or false.</summary>
    public static GgufKey Flag(string gguf, string name, bool? fallback = null) => new(gguf, name, Value.Flag, fallback is null ? null : fallback.Value ? 1 : 0);

    /// <summary>Copies the value into a configuration where the file has it.</summary>
    public void Read(GgufMetadata metadata, string architecture, JsonObject config)
    {
        string key = $"{architecture}.{Gguf}";
        if (metadata.ContainsKey(key))
        {
            config[Name] = Kind switch
            {
                Value.Count => metadata.RequirePositive(key),
                Value.Number => metadata.GetDouble(key),
                _ => metadata.GetBoolean(key),
            };
        }
    }

    /// <summary>Copies the value into the metadata.</summary>
    public void Write(ModelConfig config, string architecture, GgufMetadata metadata)
    {
        string key = $"{architecture}.{Gguf}";
        if (!config.Has(Name) && Fallback is null)
        {
            return;
        }

        metadata[key] = Kind switch
        {
            Value.Count => (uint)(config.FindPositive(Name) ?? (int)Fallback!.Value),
            Value.Number => (float)(config.FindDouble(Name) ?? Fallback!.Value),
            _ => config.GetBoolean(Name, Fallback == 1),
        };
    }
}
