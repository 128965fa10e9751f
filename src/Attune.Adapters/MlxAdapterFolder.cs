using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Attune.Adapters.Methods;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Adapters;

/// <summary>
/// A LoRA adapter on disk as mlx-lm writes it: <c>adapters.safetensors</c> with <c>MODULE.lora_a</c> [in, r] and <c>MODULE.lora_b</c> [r, out], and an <c>adapter_config.json</c>
/// with one rank and one scale: the update is scale x lora_a lora_b.
/// </summary>
public static partial class MlxAdapterFolder
{
    /// <summary>Name of the tensors' file.</summary>
    public const string TensorsName = "adapters.safetensors";

    private const string TypeKey = "fine_tune_type";
    private const string ParametersKey = "lora_parameters";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Whether a folder holds such an adapter.</summary>
    public static bool IsAt(string folder) => File.Exists(Path.Combine(folder, TensorsName));

    /// <summary>Opens an adapter and puts it on a model.</summary>
    /// <exception cref="AdapterException">The files do not fit the model, or hold something else than LoRA.</exception>
    /// <exception cref="ModelFileException">A file cannot be read or is damaged.</exception>
    public static Lora Open(string folder, Network model)
    {
        string path = Path.Combine(folder, AdapterFolder.ConfigName);
        ModelConfig config = ModelConfig.Load(path);
        string type = config.GetString(TypeKey, "lora");
        if (type != "lora")
        {
            throw new AdapterException($"file: {path}: key '{TypeKey}': expected lora, found '{type}', which is not supported in MLX folders; train it as lora, or fuse it there");
        }

        using SafetensorsFile tensors = SafetensorsFile.Open(Path.Combine(folder, TensorsName));
        if (tensors.Names.FirstOrDefault(name => !name.EndsWith(".lora_a", StringComparison.Ordinal) && !name.EndsWith(".lora_b", StringComparison.Ordinal)) is { } other)
        {
            throw new AdapterException($"file: {tensors.Location}: tensor '{other}': expected lora_a and lora_b of modules only{(other.EndsWith(".m", StringComparison.Ordinal) ? "; this is DoRA, which is not supported" : "")}");
        }

        if (config.ToJsonObject()[ParametersKey] is not JsonObject parameters)
        {
            throw new AdapterException($"file: {path}: key '{ParametersKey}': expected rank and scale, found nothing");
        }

        var values = new ConfigReader(JsonSerializer.SerializeToElement(parameters), path);
        int rank = values.Int("rank") ?? throw new AdapterException($"file: {path}: key 'rank' of '{ParametersKey}': expected a whole number, found nothing");
        double scale = values.Double("scale") ?? (values.Double("alpha") / rank) ?? throw new AdapterException($"file: {path}: key 'scale' of '{ParametersKey}': expected a number, found nothing");
        using var source = new MlxTensors(tensors, model);
        return Lora.Open(
            model,
            new LoraOptions { R = rank, LoraAlpha = scale * rank, LoraDropout = values.Double("dropout") ?? 0, TargetModules = new TargetSpec([.. source.Modules]) },
            source);
    }

    /// <summary>Writes an adapter's files into a folder that exists.</summary>
    /// <exception cref="AdapterException">The adapter has parts that such a folder cannot hold.</exception>
    public static void Write(Adapter adapter, string folder)
    {
        if (adapter is not Lora lora)
        {
            throw new AdapterException($"an MLX folder holds LoRA, not {adapter.Method}");
        }

        LoraOptions options = lora.Options;
        double scale = options.UseRslora ? options.LoraAlpha / Math.Sqrt(options.R) : options.LoraAlpha / options.R;
        List<(string Name, string Module, Parameter Parameter)> tensors = [.. lora.Trainable.Select(parameter => (MlxTensors.FromPeft(parameter.Name), MlxTensors.ModuleOf(parameter.Name), parameter))];
        if (tensors.Find(tensor => tensor.Name.Length == 0) is { Parameter: { } other })
        {
            throw new AdapterException($"an MLX folder holds low-rank updates only, this adapter trains {other.Name}, too; merge it and export the model");
        }

        if (options.RankPattern.Count > 0)
        {
            throw new AdapterException("an MLX folder has one rank for all modules, this adapter has others in rank_pattern; merge it and export the model");
        }

        using SafetensorsWriter writer = SafetensorsWriter.Create(
            Path.Combine(folder, TensorsName),
            tensors.Select(tensor => new TensorInfo(tensor.Name, DType.F32, [tensor.Parameter.Shape[1], tensor.Parameter.Shape[0]])),
            new Dictionary<string, string> { ["format"] = "mlx" });
        foreach ((string name, string module, Parameter parameter) in tensors)
        {
            // There is one scale; what a module has beyond it goes into its second matrix.
            double factor = name.EndsWith(".lora_b", StringComparison.Ordinal) ? lora.ScalingOf(module) / scale : 1;
            float[] values = MlxTensors.Transposed(parameter.Value!.ToArray(), (int)parameter.Shape[0], (int)parameter.Shape[1]);
            writer.Write<float>(name, factor == 1 ? values : Array.ConvertAll(values, value => (float)(value * factor)));
        }

        writer.Commit();
        AtomicFile.WriteAllText(Path.Combine(folder, AdapterFolder.ConfigName), Config(lora, scale, [.. tensors.Select(tensor => tensor.Module).Distinct()]).ToJsonString(Indented));
    }

    private static JsonObject Config(Lora lora, double scale, string[] modules)
    {
        // mlx-lm counts the adapted blocks from the last one, and names modules within their block.
        int blocks = lora.Model.Modules().Select(module => BlockOf(module.Name)).DefaultIfEmpty(-1).Max() + 1;
        int first = modules.Select(BlockOf).Where(block => block >= 0).DefaultIfEmpty(blocks).Min();
        string[] keys = [.. modules.Select(module => Block().Replace(module, "")).Distinct().Order(StringComparer.Ordinal)];
        return new JsonObject
        {
            [TypeKey] = "lora",
            [ParametersKey] = new JsonObject
            {
                ["rank"] = lora.Options.R,
                ["scale"] = scale,
                ["dropout"] = lora.Options.LoraDropout,
                ["keys"] = new JsonArray([.. keys.Select(key => (JsonNode)key)]),
            },
            ["model"] = lora.Options.BaseModelNameOrPath,
            ["num_layers"] = blocks - first,
        };
    }

    private static int BlockOf(string module) => Block().Match(module) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : -1;

    [GeneratedRegex(@"^.*?\.(\d{1,5})\.", RegexOptions.CultureInvariant)]
    private static partial Regex Block();
}
