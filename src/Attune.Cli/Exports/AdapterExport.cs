using Attune.Adapters;
using Attune.Cli.Commands;
using Attune.Cli.Models;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Cli.Exports;

/// <summary>An adapter in the folder format of another library.</summary>
internal static class AdapterExport
{
    /// <summary>A different order of sums does not reach this difference.</summary>
    private const double Tolerance = 1e-4;

    /// <summary>Writes an adapter as mlx-lm reads it.</summary>
    public static ExportReport WriteMlx(CommandContext context, ExportOptions options, string output) => Write(context, options, output, MlxAdapterFolder.Write);

    /// <summary>Writes an adapter as PEFT reads it.</summary>
    public static ExportReport WritePeft(CommandContext context, ExportOptions options, string output) => Write(context, options, output, AdapterFolder.Write);

    private static ExportReport Write(CommandContext context, ExportOptions options, string output, Action<Adapter, string> write)
    {
        string adapter = CommandContext.Require(options.Adapter, "adapter", "the folder of the adapter");
        OutputPath.RequireApart(adapter, output);
        using AtomicFolder folder = AtomicFolder.Create(output);
        using ModelSession session = ModelSession.Open(new ModelOptions { Model = options.Model, Adapter = adapter, Dtype = "fp32", Threads = options.Threads }, context.Cancellation);
        write(session.Adapter!, folder.TemporaryPath);
        float[] wanted = Logits(session);
        int tensors = session.Adapter!.Trainable.Count;
        session.Adapter.Dispose();
        session.Adapter = AdapterFolder.Open(folder.TemporaryPath, session.Network);
        float[] found = Logits(session);
        double largest = wanted.Max(MathF.Abs);
        double difference = wanted.Zip(found, (a, b) => Math.Abs((double)a - b)).Max() / Math.Max(largest, double.Epsilon);
        if (session.Adapter.Trainable.Count != tensors || !(difference <= Tolerance))
        {
            throw new IOException($"{output}: the adapter that was written gives other logits than its source (off by {difference:g3} of the largest); nothing is kept");
        }

        folder.Commit();
        return new ExportReport(tensors, 0, difference);
    }

    private static float[] Logits(ModelSession session)
    {
        int[] ids = ModelProbe.Ids(session.File.Tokenizer is null ? null : TokenizerFiles.Load(session.File.Tokenizer, session.File.Path), session.File.Config);
        Device device = session.Network.Device;
        using StepScope scope = device.Scope();
        using var pause = device.Tape.Pause();
        return session.Model.Logits(new ForwardPass(TokenBatch.Create(device, ids, [.. Enumerable.Range(0, ids.Length)], [0, ids.Length]))).ToArray();
    }
}
