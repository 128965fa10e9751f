using System.Text.Json;
using System.Text.Json.Nodes;

namespace Attune.Adapters.Methods;

/// <summary>LoRA's settings in PEFT's <c>adapter_config.json</c> (format of PEFT 0.21).</summary>
internal static class LoraConfigFile
{
    private const string FormatVersion = "0.21.2";

    /// <summary>Keys of variants that are not built: they must have the value that means "off".</summary>
    private static readonly string[] OffKeys =
    [
        "alora_invocation_tokens", "arrow_config", "corda_config", "ensure_weight_tying", "eva_config", "kasa_config", "layer_replication",
        "loftq_config", "lora_ga_config", "megatron_config", "monteclora_config", "target_parameters", "trainable_token_indices", "use_bdlora", "use_dora",
        "use_qalora", "velora_config",
    ];

    /// <summary>
    /// Keys that do not change what an opened adapter computes. <c>fan_in_fan_out</c> is one of them: the layers themselves know how their weights are stored, and PEFT
    /// corrects a value that does not fit.
    /// </summary>
    private static readonly string[] NeutralKeys =
        ["auto_mapping", "fan_in_fan_out", "inference_mode", "megatron_core", "peft_type", "peft_version", "qalora_group_size", "runtime_config"];

    public static LoraOptions Read(JsonElement root, string path)
    {
        var file = new ConfigReader(root, path);
        file.RequireOff(OffKeys);
        LoraOptions options = new()
        {
            R = file.Int("r") ?? 8,
            LoraAlpha = file.Double("lora_alpha") ?? 8,
            LoraDropout = file.Double("lora_dropout") ?? 0,
            TargetModules = file.Targets("target_modules"),
            ExcludeModules = file.Targets("exclude_modules"),
            LayersToTransform = file.IntsOrOne("layers_to_transform"),
            LayersPattern = file.TextOrOne("layers_pattern"),
            RankPattern = file.Map("rank_pattern", static value => value.GetInt32()),
            AlphaPattern = file.Map("alpha_pattern", static value => value.GetDouble()),
            UseRslora = file.Bool("use_rslora") ?? false,
            Bias = file.Text("bias") ?? "none",
            LoraBias = file.Bool("lora_bias") ?? false,
            ModulesToSave = file.Texts("modules_to_save"),
            InitLoraWeights = file.Initialisation("init_lora_weights"),
            BaseModelNameOrPath = file.Text("base_model_name_or_path"),
            Revision = file.Text("revision"),
            TaskType = file.Text("task_type"),
        };
        file.RequireKnown(NeutralKeys.Concat(OffKeys));
        return options;
    }

    public static JsonObject Write(LoraOptions options, TargetSpec targets, bool fanInFanOut)
    {
        var values = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (string key in OffKeys)
        {
            values[key] = key switch
            {
                "ensure_weight_tying" or "use_dora" or "use_qalora" => false,
                "loftq_config" => new JsonObject(),
                _ => null,
            };
        }

        values["alpha_pattern"] = new JsonObject(options.AlphaPattern.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)Number(pair.Value))));
        values["auto_mapping"] = null;
        values["base_model_name_or_path"] = options.BaseModelNameOrPath;
        values["bias"] = options.Bias;
        values["exclude_modules"] = Targets(options.ExcludeModules);
        values["fan_in_fan_out"] = fanInFanOut;
        values["inference_mode"] = true;
        values["init_lora_weights"] = options.InitLoraWeights == "true" ? true : options.InitLoraWeights;
        values["layers_pattern"] = options.LayersPattern;
        values["layers_to_transform"] = options.LayersToTransform is null ? null : new JsonArray([.. options.LayersToTransform.Select(layer => (JsonNode)layer)]);
        values["lora_alpha"] = Number(options.LoraAlpha);
        values["lora_bias"] = options.LoraBias;
        values["lora_dropout"] = options.LoraDropout == 0 ? JsonNode.Parse("0.0") : options.LoraDropout;
        values["megatron_core"] = "megatron.core";
        values["modules_to_save"] = Texts(options.ModulesToSave);
        values["peft_type"] = "LORA";
        values["peft_version"] = FormatVersion;
        values["qalora_group_size"] = 16;
        values["r"] = options.R;
        values["rank_pattern"] = new JsonObject(options.RankPattern.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        values["revision"] = options.Revision;
        values["target_modules"] = Targets(targets);
        values["task_type"] = options.TaskType;
        values["use_rslora"] = options.UseRslora;
        return new JsonObject(values);
    }

    private static JsonNode? Targets(TargetSpec? spec) =>
        spec is null ? null : spec.Pattern is { } pattern ? pattern : Texts([.. spec.Names.Order(StringComparer.Ordinal)]);

    private static JsonArray? Texts(IReadOnlyList<string>? texts) => texts is null ? null : [.. texts.Select(text => (JsonNode)text)];

    private static JsonNode Number(double value) => value == Math.Floor(value) && Math.Abs(value) < 1e9 ? (int)value : value;
}
