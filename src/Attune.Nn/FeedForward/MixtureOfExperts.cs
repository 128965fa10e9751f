using Attune.Tensors;
using Attune.Tensors.Autograd;

namespace Attune.Nn.FeedForward;

/// <summary>Feed-forward layers of which each token uses a few, chosen by a router (Shazeer et al. 2017); beside them one that all tokens use.</summary>
public sealed class MixtureOfExperts : SubLayer
{
    private readonly Router _router;
    private readonly Experts _experts;
    private readonly SubLayer? _shared;
    private readonly Linear? _sharedGate;

    /// <summary>Makes a mixture.</summary>
    /// <param name="name">Full name.</param>
    /// <param name="router">Chooses experts.</param>
    /// <param name="experts">The experts.</param>
    /// <param name="shared">What all tokens use; null for none.</param>
    /// <param name="sharedGate">[1, C]: its sigmoid weighs <paramref name="shared"/>; null for a weight of 1.</param>
    public MixtureOfExperts(string name, Router router, Experts experts, SubLayer? shared = null, Linear? sharedGate = null)
        : base(name)
    {
        _router = Add(router);
        _experts = Add(experts);
        _shared = AddIfAny(shared);
        _sharedGate = AddIfAny(sharedGate);
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Tensor? residual, ForwardPass pass)
    {
        Tensor sum = pass.Tokens.Recorded is { } recorded ? Recorded(x, pass, recorded) : Routed(x, pass);
        if (_shared is not null)
        {
            Tensor y = _shared.Forward(x, null, pass).Cast(DType.F32);
            sum = sum.Add(_sharedGate is null ? y : y.Mul(_sharedGate.Forward(x).Cast(DType.F32).Sigmoid()));
        }

        return residual is null ? sum.Cast(x.DType) : residual.Add(sum.Cast(residual.DType));
    }

    /// <summary>What the chosen experts say of the rows, F32 [N, C].</summary>
    private Tensor Routed(Tensor x, ForwardPass pass)
    {
        Routing routing = _router.Route(x);
        Tensor sum = x.Device.Zeros(x.Shape, DType.F32);
        int start = 0;
        for (int expert = 0; expert < routing.Counts.Length; expert++)
        {
            int count = routing.Counts[expert];
            if (count > 0)
            {
                Tensor tokens = routing.Tokens.Narrow(0, start, count);
                Tensor weights = routing.Weights.Embedding(routing.Choices.Narrow(0, start, count));
                Tensor y = _experts.Forward(expert, x.Embedding(tokens), pass);
                sum = AddRows(sum, y.Cast(DType.F32).Mul(weights), tokens);
                start += count;
            }
        }

        return sum;
    }

    /// <summary>The same in a run that is recorded: which rows an expert gets, and whether any, is found when the record is played.</summary>
    private Tensor Recorded(Tensor x, ForwardPass pass, RecordedBatch recorded)
    {
        Tensor weights = _router.WeighAll(x);
        Tensor sum = x.Device.Zeros(x.Shape, DType.F32);
        for (int expert = 0; expert < _router.Experts; expert++)
        {
            Tensor own = weights.Narrow(1, expert, 1).Contiguous();
            Tensor tokens = recorded.NonZero(own);
            Tensor y = _experts.Forward(expert, x.Embedding(tokens), pass);
            sum = AddRows(sum, y.Cast(DType.F32).Mul(own.Embedding(tokens)), tokens);
        }

        return sum;
    }

    /// <summary>Adds rows to those that the indices name, in place: the sum was just made and nobody else reads it.</summary>
    private static Tensor AddRows(Tensor sum, Tensor rows, Tensor indices)
    {
        Device device = sum.Device;
        device.Backend.ScatterAddRows(rows, indices, sum);
        if (device.Tape.Record<AddRowsNode>(sum, rows) is not { } node)
        {
            return sum;
        }

        node.Indices = node.Save(indices);
        Tensor result = device.View(sum, sum.Shape, sum.Strides, sum.Offset);
        Tape.Produce(node, result);
        return result;
    }

    private sealed class AddRowsNode : Node<AddRowsNode>
    {
        public Tensor Indices { get; set; } = null!;

        protected override void Backward()
        {
            PassGradient(0, Upstream);
            if (Needs(1))
            {
                Tensor rows = Device.Empty([Indices.Count, Upstream.Shape[1]], Upstream.DType);
                Device.Backend.GatherRows(Upstream, Indices, rows);
                PassGradient(1, rows);
            }
        }
    }
}
