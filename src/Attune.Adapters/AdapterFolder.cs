using System.Text.Encodings.Web;
using System.Text.Json;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Adapters;

/// <summary>An adapter on disk in PEFT's format: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>. Folders of mlx-lm are opened, too, and <c>adapter_model.bin</c> of older versions of PEFT (tensors only).</summary>
public static class AdapterFolder
{
    /// <summary>Name of the settings' file.</summary>
    public const string ConfigName = "adapter_config.json";

    /// <summary>Name of the tensors' file.</summary>
    public const string TensorsName = "adapter_model.safetensors";

    /// <summary>Name of the tensors' file in folders that older versions of PEFT wrote; it is only read.</summary>
    public const string PickledTensorsName = "adapter_model.bin";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Opens an adapter and puts it on a model.</summary>
    /// <exception cref="AdapterException">The files do not fit the model or name a method that is not known.</exception>
    /// <exception cref="ModelFileException">A file cannot be read or is damaged.</exception>
    public static Adapter Open(string folder, Network model)
    {
        string path = Path.Combine(folder, ConfigName);
        if (!File.Exists(path))
        {
            throw new AdapterException($"{folder} is not an adapter: it holds no {ConfigName}");
        }

        if (MlxAdapterFolder.IsAt(folder))
        {
            return MlxAdapterFolder.Open(folder, model);
        }

        ModelConfig file = ModelConfig.Load(path);
        string type = file.GetString("peft_type");
        JsonElement config = JsonSerializer.SerializeToElement(file.ToJsonObject());
        AdapterMethod method = KnownAdapters.ByPeftType(type) ?? throw new AdapterException(
            $"file: {path}: key 'peft_type': '{type}' is not supported; known are {string.Join(", ", KnownAdapters.All.Select(known => known.PeftType))}");
        using ITensorSource tensors = OpenTensors(folder);
        return method.Open(model, config, path, tensors);
    }

    /// <summary>Writes an adapter's files into a folder that exists.</summary>
    public static void Write(Adapter adapter, string folder)
    {
        WriteTensors(adapter, Path.Combine(folder, TensorsName));
        AtomicFile.WriteAllText(Path.Combine(folder, ConfigName), adapter.ToConfig().ToJsonString(Indented));
    }

    private static ITensorSource OpenTensors(string folder)
    {
        string path = Path.Combine(folder, TensorsName);
        string pickled = Path.Combine(folder, PickledTensorsName);
        return !File.Exists(path) && File.Exists(pickled) ? PytorchFile.Open(pickled) : SafetensorsFile.Open(path);
    }

    private static void WriteTensors(Adapter adapter, string path)
    {
        List<(string Name, Parameter Parameter)> tensors = [.. adapter.Trainable.Select(parameter => (adapter.FileName(parameter), parameter))];
        using SafetensorsWriter writer = SafetensorsWriter.Create(
            path, tensors.Select(tensor => new TensorInfo(tensor.Name, DType.F32, tensor.Parameter.Shape)), new Dictionary<string, string> { ["format"] = "pt" });
        foreach ((string name, Parameter parameter) in tensors)
        {
            writer.Write(name, parameter.Value!);
        }

        writer.Commit();
    }
}
