using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Templates;

/// <summary>What all templates of one render share: its bounds, its clock, what it may ask the cluster.</summary>
internal sealed class RenderRun(RenderLimits limits, TimeProvider clock, CancellationToken cancellationToken)
{
    private readonly Dictionary<string, int> _included = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Name, string Text), IReadOnlyCollection<TemplateTree>> _parsed = [];
    private long _steps;
    private long _text;
    private int _depth;
    private int _nesting;

    public TimeProvider Clock { get; } = clock;

    /// <summary>Asks the cluster: API version, kind, namespace, name. Without one the answer is an empty map.</summary>
    public Func<string, string, string, string, GoMap>? Lookup { get; init; }

    /// <summary>Whether a missing key fails.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Fills with random bytes; a test gives its own.</summary>
    public Action<Span<byte>> FillRandom { get; init; } = static bytes => RandomNumberGenerator.Fill(bytes);

    /// <summary>Counts one evaluation.</summary>
    public void Step()
    {
        if (++_steps > limits.MaxSteps)
        {
            throw Exceeded($"more than {limits.MaxSteps} steps");
        }

        if ((_steps & 0x3FF) == 0)
        {
            ThrowIfLate();
        }
    }

    /// <summary>Counts work that is about to be done at once, such as the elements of a list.</summary>
    public void Step(long count)
    {
        _steps += count - 1;
        Step();
        ThrowIfLate();
    }

    /// <summary>Counts text that is about to be made, in characters.</summary>
    public void Text(long length)
    {
        _text += length;
        if (_text > limits.MaxTextBytes)
        {
            throw Exceeded($"more than {limits.MaxTextBytes} bytes of text");
        }
    }

    /// <summary>Goes one call deeper.</summary>
    public void Enter()
    {
        if (++_depth > limits.MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Exceeded($"templates call one another more than {limits.MaxDepth} levels deep");
        }
    }

    public void Leave() => _depth--;

    /// <summary>Goes into a pipeline.</summary>
    public void Nest()
    {
        if (++_nesting > limits.MaxNesting || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Exceeded("nested too deeply");
        }
    }

    public void Unnest() => _nesting--;

    /// <summary>Goes into a template that <c>include</c> names; the same one not more often than Helm lets it.</summary>
    public void EnterInclude(string name)
    {
        var count = _included.GetValueOrDefault(name);
        if (count > 1000)
        {
            throw new Functions.FunctionException($"rendering template has a nested reference name: {name}: unable to execute template");
        }

        _included[name] = count + 1;
    }

    public void LeaveInclude(string name) => _included[name]--;

    /// <summary>Parses what <c>tpl</c> was given, once.</summary>
    public IReadOnlyCollection<TemplateTree> Parse(string name, string text)
    {
        if (!_parsed.TryGetValue((name, text), out var trees))
        {
            Step(1 + (text.Length / 16));
            trees = Parser.Parse(name, text);
            _parsed.Add((name, text), trees);
        }

        return trees;
    }

    public void ThrowIfLate()
    {
        if (cancellationToken.IsCancellationRequested)
        {
            throw Exceeded("it took too long, or was cancelled");
        }
    }

    private static TemplateException Exceeded(string what) => new($"the chart renders to too much: {what}") { IsLimit = true };
}
