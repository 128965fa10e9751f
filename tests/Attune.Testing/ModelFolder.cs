using Attune.Formats;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Testing;

/// <summary>Models in folders of Hugging Face.</summary>
public static class ModelFolder
{
    /// <summary>The folder of the sentence encoder that tests on real data stand on.</summary>
    public static string MiniLm => Goldens.RequireModel("all-MiniLM-L6-v2");

    /// <summary>Path of a folder's tokenizer.</summary>
    public static string TokenizerOf(string folder) => Path.Combine(folder, "tokenizer.json");

    /// <summary>Loads a folder's model under a head.</summary>
    /// <param name="device">What it runs on.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="head">The head.</param>
    /// <param name="options">How weights are held.</param>
    /// <param name="change">What becomes of the configuration; null to leave it.</param>
    public static LoadedHead LoadHead(Device device, string folder, ModelHead head, WeightOptions options, Func<ModelConfig, ModelConfig>? change = null)
    {
        ModelConfig config = ModelConfig.Load(Path.Combine(folder, "config.json"));
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        return HeadLoader.Load(device, change?.Invoke(config) ?? config, weights, head, options);
    }
}
