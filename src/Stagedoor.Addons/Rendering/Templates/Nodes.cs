using Stagedoor.Addons.Rendering.Functions;

namespace Stagedoor.Addons.Rendering.Templates;

/// <summary>A part of a parsed template. <c>ToString</c> is the text that an error shows of it.</summary>
internal abstract class Node(int position)
{
    /// <summary>Where in the source it begins.</summary>
    public int Position { get; } = position;
}

internal sealed class ListNode(int position) : Node(position)
{
    public List<Node> Nodes { get; } = [];

    /// <summary>Whether there is nothing but white space and comments: such a definition replaces no other.</summary>
    public bool IsBlank => Nodes.TrueForAll(static n => n is TextNode text && string.IsNullOrWhiteSpace(text.Text));

    public override string ToString() => string.Concat(Nodes);
}

internal sealed class TextNode(int position, string text) : Node(position)
{
    public string Text { get; } = text;

    public override string ToString() => Text;
}

internal sealed class ActionNode(int position, PipeNode pipe) : Node(position)
{
    public PipeNode Pipe { get; } = pipe;

    public override string ToString() => "{{" + Pipe + "}}";
}

internal sealed class PipeNode(int position) : Node(position)
{
    public bool IsAssign { get; set; }

    public List<VariableNode> Variables { get; } = [];

    public List<CommandNode> Commands { get; } = [];

    public override string ToString() =>
        (Variables.Count == 0 ? "" : string.Join(", ", Variables) + (IsAssign ? " = " : " := ")) + string.Join(" | ", Commands);
}

internal sealed class CommandNode(int position) : Node(position)
{
    public List<Node> Arguments { get; } = [];

    public override string ToString() => string.Join(' ', Arguments.Select(static a => a is PipeNode ? $"({a})" : a.ToString()));
}

internal sealed class IdentifierNode(int position, string name, GoFunction function) : Node(position)
{
    public string Name { get; } = name;

    public GoFunction Function { get; } = function;

    public override string ToString() => Name;
}

internal sealed class VariableNode(int position, string name, string[] fields) : Node(position)
{
    public string Name { get; } = name;

    public string[] Fields { get; } = fields;

    public override string ToString() => Fields.Length == 0 ? Name : Name + "." + string.Join('.', Fields);
}

internal sealed class FieldNode(int position, string[] names) : Node(position)
{
    public string[] Names { get; } = names;

    public override string ToString() => "." + string.Join('.', Names);
}

internal sealed class ChainNode(int position, Node head, string[] fields) : Node(position)
{
    public Node Head { get; } = head;

    public string[] Fields { get; } = fields;

    public override string ToString() => (Head is PipeNode ? $"({Head})" : Head.ToString()) + "." + string.Join('.', Fields);
}

internal sealed class DotNode(int position) : Node(position)
{
    public override string ToString() => ".";
}

internal sealed class NilNode(int position) : Node(position)
{
    public override string ToString() => "nil";
}

internal sealed class BoolNode(int position, bool value) : Node(position)
{
    // Boxed once: each evaluation hands out the same object.
    public object Value { get; } = value;

    public override string ToString() => value ? "true" : "false";
}

internal sealed class StringNode(int position, string quoted, string text) : Node(position)
{
    public string Text { get; } = text;

    public override string ToString() => quoted;
}

internal sealed class NumberNode(int position, string text) : Node(position)
{
    public string Text { get; } = text;

    public bool IsInteger { get; init; }

    public bool IsUnsigned { get; init; }

    public bool IsFloat { get; init; }

    public long Integer { get; init; }

    public double Float { get; init; }

    /// <summary>What it is where any type will do; <c>null</c> for a number that no <c>int</c> holds.</summary>
    public object? Ideal { get; init; }

    public override string ToString() => Text;
}

internal sealed class TemplateNode(int position, string name, PipeNode? pipe) : Node(position)
{
    public string Name { get; } = name;

    public PipeNode? Pipe { get; } = pipe;

    public override string ToString() => "{{template " + Values.GoFormat.Quote(Name) + (Pipe is null ? "" : " " + Pipe) + "}}";
}

internal sealed class BreakNode(int position) : Node(position)
{
    public override string ToString() => "{{break}}";
}

internal sealed class ContinueNode(int position) : Node(position)
{
    public override string ToString() => "{{continue}}";
}

internal enum BranchKind
{
    If,
    With,
    Range,
}

internal sealed class BranchNode(int position, BranchKind kind, PipeNode pipe, ListNode body, ListNode? otherwise) : Node(position)
{
    public BranchKind Kind { get; } = kind;

    public PipeNode Pipe { get; } = pipe;

    public ListNode Body { get; } = body;

    public ListNode? Otherwise { get; } = otherwise;

    public override string ToString() =>
        "{{" + Kind switch { BranchKind.If => "if", BranchKind.With => "with", _ => "range" } + " " + Pipe + "}}" + Body
        + (Otherwise is null ? "" : "{{else}}" + Otherwise) + "{{end}}";
}
