using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Attune.Adapters;
using Attune.Adapters.Methods;
using Attune.Formats;
using Attune.Kernels;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Training.Profiling;

// One LoRA training step after the other on a real model, as bench/README.md says. Prints one JSON line.
//   dotnet run -c Release --project bench/Attune.Bench -- --model MODEL --seq 512 --rank 16 --steps 8 --dtype bf16 --threads 2
if (args is ["tokenize", .. var rest])
{
    return TokenizeBench.Run(rest);
}

var settings = new Dictionary<string, string>
{
    ["model"] = string.Empty,
    ["seq"] = "512",
    ["rank"] = "16",
    ["steps"] = "8",
    ["dtype"] = "bf16",
    ["threads"] = "2",
    ["method"] = "lora",
    ["profile"] = "0",
};
for (int i = 0; i + 1 < args.Length; i += 2)
{
    string name = args[i].TrimStart('-');
    if (!settings.ContainsKey(name))
    {
        Console.Error.WriteLine($"unknown option --{name}; known are {string.Join(", ", settings.Keys.Select(key => "--" + key))}");
        return 2;
    }

    settings[name] = args[i + 1];
}

int Number(string name) => int.Parse(settings[name], CultureInfo.InvariantCulture);
DType dtype = settings["dtype"] == "bf16" ? DType.BF16 : DType.F32;
bool full = settings["method"] == "full";
int tokens = Number("seq");
using var processor = new CpuBackend(new CpuBackendOptions { Threads = Number("threads") });
ProfilingBackend? profiling = Number("profile") > 0 ? new ProfilingBackend(processor) : null;
IBackend backend = profiling is null ? processor : profiling;
using var device = new Device(backend);
using ModelFile file = ModelFile.Open(settings["model"]);
CausalLmModel model = CausalLmLoader.Load(device, file.Config, file.Tensors, new WeightOptions { Compute = dtype, Training = true, IsTrainable = _ => full });
IReadOnlyList<Parameter> trained = full
    ? [.. model.Parameters()]
    : Lora.Create(model, new LoraOptions { R = Number("rank"), LoraAlpha = 2 * Number("rank"), TargetModules = new TargetSpec(ModuleSelector.AllLinear) }, 1).Trainable;
(Tensor M, Tensor V)[] moments = [.. trained.Select(parameter => (Zeros(device, parameter), Zeros(device, parameter)))];
var random = new Random(1);
int[] ids = new int[tokens];
int[] positions = [.. Enumerable.Range(0, tokens)];
int[] starts = [0, tokens];
var seconds = new List<double>();
double loss = 0;
for (int step = 1; step <= Number("steps"); step++)
{
    for (int i = 0; i < tokens; i++)
    {
        ids[i] = random.Next(model.VocabSize);
    }

    if (step == 3)
    {
        profiling?.Clear();
    }

    long begin = Stopwatch.GetTimestamp();
    using (StepScope scope = device.Scope())
    {
        (Tensor sum, int targets) = CausalLmLoss.Evaluate(model, ids, ids, positions, starts);
        device.Tape.Backward(sum, 1.0 / targets);
        loss = sum.Item() / targets;
        for (int i = 0; i < trained.Count; i++)
        {
            Tensor value = trained[i].Value!;
            if (!backend.TryAdamW(value, value.Grad!, moments[i].M, moments[i].V, new AdamWStep(2e-4, 0.9, 0.999, 1e-8, 0, step, 1)))
            {
                throw new InvalidOperationException("the backend has no AdamW");
            }

            value.MarkChanged();
            value.ZeroGrad();
        }
    }

    seconds.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
}

if (profiling is not null)
{
    Console.WriteLine(new OperationProfile(profiling.Calls, seconds.Count - 2, seconds.Skip(2).Sum()).ToTable());
}

double median = seconds.Skip(2).Order().ElementAt((seconds.Count - 2) / 2);
Console.WriteLine(JsonSerializer.Serialize(new
{
    tier = backend.Tier,
    method = settings["method"],
    dtype = settings["dtype"],
    seq = tokens,
    tokens_per_second = Math.Round(tokens / median, 1),
    peak_rss_mb = PeakRssMegabytes(),
    tensors_peak_mb = device.PeakBytes >> 20,
    loss = Math.Round(loss, 4),
}));
return 0;

static Tensor Zeros(Device device, Parameter parameter)
{
    Tensor tensor = device.Persistent(parameter.Shape, DType.F32);
    device.Backend.Fill(tensor, 0);
    return tensor;
}

static long PeakRssMegabytes()
{
    string? line = File.Exists("/proc/self/status") ? File.ReadLines("/proc/self/status").FirstOrDefault(text => text.StartsWith("VmHWM:", StringComparison.Ordinal)) : null;
    return line is null ? Process.GetCurrentProcess().PeakWorkingSet64 >> 20 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) >> 10;
}
