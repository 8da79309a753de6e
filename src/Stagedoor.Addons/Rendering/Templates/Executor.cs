using System.Globalization;
using System.Text;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Templates;

/// <summary>Runs one template.</summary>
internal sealed partial class Executor
{
    private readonly TemplateTree _tree;
    private readonly StringBuilder _output;
    private readonly List<(string Name, Slot Value)> _variables = [];
    private Node? _at;

    private Executor(RenderRun run, TemplateSet set, TemplateTree tree, StringBuilder output, Slot dot)
    {
        (Run, Set, _tree, _output) = (run, set, tree, output);
        _variables.Add(("$", dot));
    }

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    public RenderRun Run { get; }

    /// <summary>The templates that <c>include</c> finds here.</summary>
    public TemplateSet Set { get; }

    /// <summary>Runs the template of a name.</summary>
    /// <exception cref="TemplateException">It fails.</exception>
    public static string Execute(RenderRun run, TemplateSet set, string name, object? data)
    {
        var tree = set.Find(name) ?? throw new TemplateException($"template: no template {GoFormat.Quote(name)} associated with template \"gotpl\"");
        return Execute(run, set, tree, data);
    }

    /// <summary>Runs a template.</summary>
    /// <exception cref="TemplateException">It fails.</exception>
    public static string Execute(RenderRun run, TemplateSet set, TemplateTree tree, object? data)
    {
        var output = new StringBuilder();
        run.Enter();
        try
        {
            var dot = new Slot(data);
            new Executor(run, set, tree, output, dot).Walk(dot, tree.Root);
            return output.ToString();
        }
        finally
        {
            run.Leave();
        }
    }

    private Flow Walk(Slot dot, ListNode list)
    {
        foreach (var node in list.Nodes)
        {
            var flow = Walk(dot, node);
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    private Flow Walk(Slot dot, Node node)
    {
        _at = node;
        CountStep();
        switch (node)
        {
            case TextNode text:
                Write(text.Text);
                return Flow.Next;
            case ActionNode action:
                var value = Evaluate(dot, action.Pipe);
                if (action.Pipe.Variables.Count == 0)
                {
                    _at = action;
                    Write(Printed(value.Value));
                }

                return Flow.Next;
            case BranchNode { Kind: BranchKind.Range } range:
                return WalkRange(dot, range);
            case BranchNode branch:
                return WalkBranch(dot, branch);
            case TemplateNode template:
                WalkTemplate(dot, template);
                return Flow.Next;
            case BreakNode:
                return Flow.Break;
            case ContinueNode:
                return Flow.Continue;
            default:
                throw new InvalidOperationException($"no such node: {node.GetType()}");
        }
    }

    private Flow WalkBranch(Slot dot, BranchNode branch)
    {
        var mark = _variables.Count;
        var value = Evaluate(dot, branch.Pipe);
        var flow = Flow.Next;
        if (GoType.IsTrue(value.Value))
        {
            flow = Walk(branch.Kind == BranchKind.With ? value : dot, branch.Body);
        }
        else if (branch.Otherwise is not null)
        {
            flow = Walk(dot, branch.Otherwise);
        }

        Forget(mark);
        return flow;
    }

    private Flow WalkRange(Slot dot, BranchNode range)
    {
        var mark = _variables.Count;
        var value = Evaluate(dot, range.Pipe).Value;
        var loop = _variables.Count;
        var any = false;
        switch (value)
        {
            case null:
                break;
            case GoList list:
                // By index: the body may make the list longer, and sees then what Go's slice would show it.
                var count = list.Count;
                for (nint i = 0; i < count && Turn(i, new(list[(int)i], !list.IsTyped)) != Flow.Break; i++)
                {
                    any = true;
                }

                any = count > 0;
                break;
            case byte[] bytes:
                any = bytes.Length > 0;
                for (nint i = 0; i < bytes.Length && Turn(i, new(bytes[i])) != Flow.Break; i++)
                {
                    CountStep();
                }

                break;
            case GoMap map:
                foreach (var (key, item) in map.Sorted())
                {
                    any = true;
                    if (Turn(key, new(item, !map.IsTyped)) == Flow.Break)
                    {
                        break;
                    }
                }

                break;
            case nint or long or byte or ulong when range.Pipe.Variables.Count > 1:
                throw Error($"can't use {GoFormat.Print(value)} to iterate over more than one variable");
            case nint or long or byte or ulong:
                _ = GoType.TryInteger(value, out var end);
                for (var i = 0L; i < end && TurnNumber(value, i) != Flow.Break; i++)
                {
                    any = true;
                }

                any = end > 0;
                break;
            default:
                throw Error($"range can't iterate over {GoFormat.Print(value)}");
        }

        var flow = !any && range.Otherwise is not null ? Walk(dot, range.Otherwise) : Flow.Next;
        Forget(mark);
        return flow;

        Flow Turn(object key, Slot element)
        {
            var pipe = range.Pipe;
            if (pipe.Variables.Count > 0)
            {
                Bind(pipe, pipe.Variables.Count - 1, 1, element);
            }

            if (pipe.Variables.Count > 1)
            {
                Bind(pipe, 0, 2, new(key));
            }

            var ended = Walk(element, range.Body);
            Forget(loop);
            return ended;
        }

        Flow TurnNumber(object kind, long i)
        {
            var element = new Slot(kind switch { nint => (nint)i, byte => (byte)i, ulong => (ulong)i, _ => (object)i });
            if (range.Pipe.Variables.Count > 0)
            {
                Bind(range.Pipe, 0, 1, element);
            }

            var ended = Walk(element, range.Body);
            Forget(loop);
            return ended;
        }
    }

    // A declared variable of a range is one of the last on the stack; an assigned one is wherever it was declared.
    private void Bind(PipeNode pipe, int index, int fromTop, Slot value)
    {
        if (pipe.IsAssign)
        {
            SetVariable(pipe.Variables[index].Name, value);
        }
        else
        {
            _variables[^fromTop] = (_variables[^fromTop].Name, value);
        }
    }

    private void WalkTemplate(Slot dot, TemplateNode node)
    {
        var tree = Set.Find(node.Name) ?? throw Error($"template {GoFormat.Quote(node.Name)} not defined");
        var data = node.Pipe is null ? default : Evaluate(dot, node.Pipe);
        Counted(static (run, _) => run.Enter(), 0);
        new Executor(Run, Set, tree, _output, data).Walk(data, tree.Root);
        Run.Leave();
    }

    private string Printed(object? value)
    {
        try
        {
            return value is null ? "<no value>" : GoFormat.Print(value);
        }
        catch (FormatException e)
        {
            throw Error(e.Message);
        }
    }

    private void Write(string text)
    {
        CountText(text.Length);
        _output.Append(text);
    }

    private void SetVariable(string name, Slot value)
    {
        for (var i = _variables.Count - 1; i >= 0; i--)
        {
            if (string.Equals(_variables[i].Name, name, StringComparison.Ordinal))
            {
                _variables[i] = (name, value);
                return;
            }
        }

        throw Error($"undefined variable: {name}");
    }

    private Slot Variable(string name)
    {
        for (var i = _variables.Count - 1; i >= 0; i--)
        {
            if (string.Equals(_variables[i].Name, name, StringComparison.Ordinal))
            {
                return _variables[i].Value;
            }
        }

        throw Error($"undefined variable: {name}");
    }

    private void Forget(int mark) => _variables.RemoveRange(mark, _variables.Count - mark);

    private void CountStep() => Counted(static (run, _) => run.Step(), 0);

    private void CountText(long length) => Counted(static (run, length) => run.Text(length), length);

    private void Counted(Action<RenderRun, long> count, long amount)
    {
        try
        {
            count(Run, amount);
        }
        catch (TemplateException e) when (e.File is null)
        {
            throw Locate(e.Message, e);
        }
    }

    private TemplateException Error(string message, Exception? inner = null)
    {
        if (_at is null)
        {
            return new($"template: {_tree.Name}: {message}", _tree.File, 0, -1, inner);
        }

        return Locate(message, inner);
    }

    private TemplateException Locate(string message, Exception? inner)
    {
        var (line, column) = _tree.Locate(_at!.Position);
        var text = string.Create(
            CultureInfo.InvariantCulture, $"template: {_tree.File}:{line}:{column}: executing {GoFormat.Quote(_tree.Name)} at <{_at}>: {message}");
        return new(text, _tree.File, line, column, inner) { IsLimit = inner is TemplateException { IsLimit: true } };
    }
}
