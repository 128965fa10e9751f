using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>How the models of one <c>general.architecture</c> of GGUF map to Hugging Face's configuration keys and weights.</summary>
/// <param name="name">The value of <c>general.architecture</c>, which also begins its metadata keys; families whose files are told apart by what they hold may share it.</param>
/// <param name="modelTypes">The values of Hugging Face's <c>model_type</c> that it covers; files are read as the first unless they say otherwise.</param>
/// <param name="architectureClass">Class name of the first of them.</param>
public abstract class GgufArchitecture(string name, IReadOnlyList<string> modelTypes, string architectureClass)
{
    /// <summary>The value of <c>general.architecture</c>.</summary>
    public string Name => name;

    /// <summary>The values of Hugging Face's <c>model_type</c> that it covers.</summary>
    public IReadOnlyList<string> ModelTypes => modelTypes;

    /// <summary>Class name for <c>architectures</c> in <c>config.json</c>.</summary>
    public string ArchitectureClass => architectureClass;

    /// <summary>What the family calls the settings of all decoders.</summary>
    internal virtual GgufSettings Settings => GgufSettings.Llama;

    /// <summary>Settings that are values on both sides.</summary>
    internal virtual IReadOnlyList<GgufKey> Keys => [];

    /// <summary>What the family calls its tensors.</summary>
    internal virtual GgufNames Names => GgufNames.LlamaLike;

    /// <summary>The rotary positions; null for families without.</summary>
    internal virtual GgufRope? Rope => GgufRope.Usual;

    /// <summary>Whether a file with the architecture's name holds a model of this family.</summary>
    internal virtual bool Holds(GgufFile file) => true;

    /// <summary>Whether the output layer of a model that is written is the embedding, so that one of its own is left out.</summary>
    /// <exception cref="ModelFileException">The model has what such a file cannot say.</exception>
    internal virtual bool IsTied(ModelConfig config, ITensorSource tensors) => config.GetBoolean("tie_word_embeddings", Settings.Tied);

    /// <summary>Adds what only this architecture has to the configuration of a file that is read.</summary>
    internal virtual void ReadConfig(GgufFile file, JsonObject config)
    {
    }

    /// <summary>Adds what only this architecture has to the metadata of a file that is written.</summary>
    /// <exception cref="ModelFileException">The configuration has something that such a file cannot say.</exception>
    internal virtual void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
    }

    /// <summary>Refuses a configuration in which a setting is not what the architecture implies.</summary>
    internal void Require(ModelConfig config, string key, bool fallback, bool value)
    {
        if (config.GetBoolean(key, fallback) != value)
        {
            throw config.Wrong(key, $"{(value ? "true" : "false")}, which is what a GGUF file of architecture {name} means");
        }
    }
}
