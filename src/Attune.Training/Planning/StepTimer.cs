using System.Diagnostics;
using Attune.Data.Batching;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Training.Planning;

/// <summary>Measures the time of a run's steps by doing a few of them, on the model or, where that takes long, on one with few of its layers.</summary>
public sealed class StepTimer
{
    private const int SearchedSteps = 1000;
    private const int MostSteps = 60;

    /// <summary>The first steps compile code, pack weights and touch memory.</summary>
    private const int LeastSteps = 3;

    /// <summary>Time for measuring, unless <see cref="LeastSteps"/> take longer.</summary>
    private const double Seconds = 1.5;

    /// <summary>Operations on less take no time of their own: lists with an entry for each parameter, of which few layers have fewer.</summary>
    private const double SmallBytes = 1 << 16;

    private readonly TrainingOptions _options;
    private readonly DataLoader _data;
    private readonly CancellationToken _cancellation;
    private readonly DataCursor _typical;
    private readonly double _scale;

    /// <summary>Looks for the step that is measured: the one whose tokens are nearest to the mean of all.</summary>
    /// <param name="options">How the run goes.</param>
    /// <param name="data">The batches.</param>
    /// <param name="cancellation">Stops measuring with an <see cref="OperationCanceledException"/>.</param>
    public StepTimer(TrainingOptions options, DataLoader data, CancellationToken cancellation = default)
    {
        (_options, _data, _cancellation) = (options, data, cancellation);
        long steps = Math.Min(options.TotalSteps(data.StepsPerEpoch), SearchedSteps);
        var places = new List<(DataCursor Cursor, int Tokens)>();
        var cursor = default(DataCursor);
        while (places.Count < steps)
        {
            DataCursor here = cursor;
            places.Add((here, data.ReadStep(ref cursor).Sum(batch => batch.Tokens + batch.OutputIds.Length + batch.NegativeIds.Length)));
        }

        double mean = places.Average(place => place.Tokens);
        (_typical, int tokens) = places.MinBy(place => Math.Abs(place.Tokens - mean));
        _scale = mean / tokens;
    }

    /// <summary>Seconds of an optimiser step with as many tokens as steps have in the mean, measured on the model itself.</summary>
    /// <param name="model">The model on the backend of the run; it may hold any weights, which stay as they are.</param>
    public double Measure(PlannedModel model)
    {
        using var rehearsal = new StepRehearsal(model, _options);
        var seconds = new List<double>();
        Repeat(rehearsal, seconds.Add);

        return _scale * LowerQuartile(seconds.Skip(seconds.Count / 2));
    }

    /// <summary>Seconds of such a step from the operations of the whole model, each of which takes what the same one took in a model with few of its layers.</summary>
    /// <param name="few">The model with few layers, on a profiled backend of the run.</param>
    /// <param name="whole">The whole model on a profiled backend that computes nothing.</param>
    /// <returns>Null when the whole model has operations that the other lacks.</returns>
    public double? Extrapolate(PlannedModel few, PlannedModel whole)
    {
        var steps = new List<(double Seconds, ProfiledCall[] Calls)>();
        var fewProfile = (ProfilingBackend)few.Weights.Device.Backend;
        using (var rehearsal = new StepRehearsal(few, _options))
        {
            fewProfile.Clear();
            Repeat(rehearsal, seconds =>
            {
                steps.Add((seconds, [.. fewProfile.Calls]));
                fewProfile.Clear();
            });
        }

        // What disturbs an operation, or the host between two of them (code is compiled beside the work, garbage collected), only makes it longer.
        List<(double Seconds, ProfiledCall[] Calls)> later = [.. steps.Skip(1)];
        Dictionary<(string, Shape, long), (double Seconds, double Bytes)> typical = later.SelectMany(step => step.Calls).GroupBy(KeyOf)
            .ToDictionary(calls => calls.Key, calls => (LowerQuartile(calls.Select(call => call.Seconds)), calls.First().Bytes));
        double between = later.Min(step => (step.Seconds - step.Calls.Sum(call => call.Seconds)) / step.Calls.Length);

        IReadOnlyList<ProfiledCall> counted = Count(whole);
        double sum = counted.Count * between;
        foreach (ProfiledCall call in counted)
        {
            if (typical.TryGetValue(KeyOf(call), out (double Seconds, double Bytes) same))
            {
                // What has no shape works on a list of all parameters, of which few layers have fewer.
                sum += call.Shape.Rank == 0 ? same.Seconds * call.Bytes / same.Bytes : same.Seconds;
            }
            else if (call.Bytes > SmallBytes)
            {
                return null;
            }
        }

        return _scale * sum;
    }

    /// <summary>The operations of a step.</summary>
    private IReadOnlyList<ProfiledCall> Count(PlannedModel whole)
    {
        var profile = (ProfilingBackend)whole.Weights.Device.Backend;
        using var rehearsal = new StepRehearsal(whole, _options);
        DataCursor cursor = _typical;
        IReadOnlyList<Batch> batches = _data.ReadStep(ref cursor);

        // The first step packs what later ones find packed.
        rehearsal.Step(batches);
        profile.Clear();
        rehearsal.Step(batches);
        return profile.Calls;
    }

    private void Repeat(StepRehearsal rehearsal, Action<double> took)
    {
        DataCursor cursor = _typical;
        IReadOnlyList<Batch> batches = _data.ReadStep(ref cursor);
        long started = Stopwatch.GetTimestamp();
        for (int steps = 0; steps < LeastSteps || (steps < MostSteps && Stopwatch.GetElapsedTime(started).TotalSeconds < Seconds); steps++)
        {
            _cancellation.ThrowIfCancellationRequested();
            long before = Stopwatch.GetTimestamp();
            rehearsal.Step(batches);
            took(Stopwatch.GetElapsedTime(before).TotalSeconds);
        }
    }

    private static double LowerQuartile(IEnumerable<double> values)
    {
        double[] ordered = [.. values.Order()];
        return ordered[ordered.Length / 4];
    }

    private static (string Operation, Shape Shape, long Columns) KeyOf(ProfiledCall call) => (call.Operation, call.Shape, call.Columns);
}
