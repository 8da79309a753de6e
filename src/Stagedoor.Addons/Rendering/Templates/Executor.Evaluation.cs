using System.Globalization;
using Stagedoor.Addons.Rendering.Functions;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Templates;

/// <content>The evaluation of pipelines, fields and calls.</content>
internal sealed partial class Executor
{
    private static readonly object s_missing = new();

    // What a command has no value from the one before.
    private static Slot Missing => new(s_missing);

    private static bool IsMissing(Slot value) => ReferenceEquals(value.Value, s_missing);

    private Slot Evaluate(Slot dot, PipeNode pipe)
    {
        _at = pipe;
        Counted(static (run, _) => run.Nest(), 0);
        CountStep();
        var value = Missing;
        foreach (var command in pipe.Commands)
        {
            // What comes out of a pipeline has no box: a nil is then no value.
            value = Command(dot, command, value).Unboxed;
        }

        foreach (var variable in pipe.Variables)
        {
            if (pipe.IsAssign)
            {
                SetVariable(variable.Name, value);
            }
            else
            {
                _variables.Add((variable.Name, value));
            }
        }

        // Whatever is thrown ends the render.
        Run.Unnest();
        return value;
    }

    private Slot Command(Slot dot, CommandNode command, Slot final)
    {
        var first = command.Arguments[0];
        switch (first)
        {
            case FieldNode field:
                return Field(dot, field, command.Arguments, final);
            case ChainNode chain:
                return Chain(dot, chain, command.Arguments, final);
            case IdentifierNode identifier:
                return Function(dot, identifier, command, command.Arguments, final);
            case PipeNode pipe:
                NotAFunction(command.Arguments, final);
                return Evaluate(dot, pipe);
            case VariableNode variable:
                return Variable(dot, variable, command.Arguments, final);
        }

        _at = first;
        NotAFunction(command.Arguments, final);
        return first switch
        {
            BoolNode b => new(b.Value),
            DotNode => dot,
            NilNode => throw Error("nil is not a command"),
            NumberNode n => new(Ideal(n)),
            StringNode s => new(s.Text),
            _ => throw Error($"can't evaluate command {GoFormat.Quote(first.ToString()!)}"),
        };
    }

    private void NotAFunction(List<Node> arguments, Slot final)
    {
        if (arguments.Count > 1 || !IsMissing(final))
        {
            throw Error($"can't give argument to non-function {arguments[0]}");
        }
    }

    private object Ideal(NumberNode number)
    {
        _at = number;
        return number.Ideal ?? throw Error($"{number.Text} overflows int");
    }

    private Slot Field(Slot dot, FieldNode node, List<Node>? arguments, Slot final)
    {
        _at = node;
        return FieldChain(dot, dot, node, node.Names, arguments, final);
    }

    private Slot Variable(Slot dot, VariableNode node, List<Node>? arguments, Slot final)
    {
        _at = node;
        var value = Variable(node.Name);
        if (node.Fields.Length > 0)
        {
            return FieldChain(dot, value, node, node.Fields, arguments, final);
        }

        if (arguments is not null)
        {
            NotAFunction(arguments, final);
        }

        return value;
    }

    private Slot Chain(Slot dot, ChainNode node, List<Node>? arguments, Slot final)
    {
        _at = node;
        if (node.Head is NilNode)
        {
            throw Error($"indirection through explicit nil in {node}");
        }

        var head = Argument(dot, null, node.Head);
        return FieldChain(dot, head, node, node.Fields, arguments, final);
    }

    private Slot FieldChain(Slot dot, Slot receiver, Node node, string[] names, List<Node>? arguments, Slot final)
    {
        for (var i = 0; i < names.Length - 1; i++)
        {
            receiver = Field(dot, names[i], node, null, Missing, receiver);
        }

        return Field(dot, names[^1], node, arguments, final, receiver);
    }

    private Slot Field(Slot dot, string name, Node node, List<Node>? arguments, Slot final, Slot receiver)
    {
        var hasArguments = arguments is { Count: > 1 } || !IsMissing(final);
        switch (receiver.Value)
        {
            case null when !receiver.IsBoxed:
                return Run.IsStrict ? throw Error($"nil data; no entry for key {GoFormat.Quote(name)}") : default;
            case null:
                throw Error($"nil pointer evaluating interface {{}}.{name}");
            case IGoObject other when other.FindMethod(name) is { } method:
                return Call(dot, method, node, name, arguments, final);
            case IGoObject other when other.TryField(name, out var field):
                return hasArguments ? throw Error($"{name} has arguments but cannot be invoked as function") : new(field);
            case GoMap { Methods: { } find } when find(name) is { } method:
                return Call(dot, method, node, name, arguments, final);
            case GoList { Methods: { } find } when find(name) is { } method:
                return Call(dot, method, node, name, arguments, final);
            case GoMap when hasArguments:
                throw Error($"{name} is not a method but has arguments");
            case GoMap map:
                return map.TryGetValue(name, out var value) ? new(value, !map.IsTyped)
                    : Run.IsStrict ? throw Error($"map has no entry for key {GoFormat.Quote(name)}")
                    : map.IsTyped ? new(ZeroOf(map)) : new(null, true);
            default:
                throw Error($"can't evaluate field {name} in type {(receiver.IsBoxed ? "interface {}" : GoType.NameOf(receiver.Value))}");
        }
    }

    // Nothing of a map of texts is an empty text.
    private static object? ZeroOf(GoMap map) => map.TypeName.EndsWith("]string", StringComparison.Ordinal) ? "" : Array.Empty<byte>();

    private Slot Function(Slot dot, IdentifierNode node, Node command, List<Node>? arguments, Slot final)
    {
        _at = node;
        return node.Name switch
        {
            "and" => Junction(dot, node, command, arguments, final, stopAt: false),
            "or" => Junction(dot, node, command, arguments, final, stopAt: true),
            _ => Call(dot, node.Function, command, node.Name, arguments, final),
        };
    }

    // "and" and "or" look at no argument behind the one that decides.
    private Slot Junction(Slot dot, IdentifierNode node, Node command, List<Node>? arguments, Slot final, bool stopAt)
    {
        CheckCount(node.Function, node.Name, arguments, final);
        var value = default(Slot);
        for (var i = 1; i < (arguments?.Count ?? 0); i++)
        {
            value = Argument(dot, null, arguments![i]);
            if (GoType.IsTrue(value.Value) == stopAt)
            {
                return value;
            }
        }

        _at = command;
        return IsMissing(final) ? value : final;
    }

    private void CheckCount(GoFunction function, string name, List<Node>? arguments, Slot final)
    {
        var given = Math.Max(0, (arguments?.Count ?? 0) - 1);
        var count = given + (IsMissing(final) ? 0 : 1);
        var wanted = function.ParameterCount;
        if (function.IsVariadic && count < wanted - 1)
        {
            throw Error(string.Create(CultureInfo.InvariantCulture, $"wrong number of args for {name}: want at least {wanted - 1} got {given}"));
        }

        if (!function.IsVariadic && count != wanted)
        {
            throw Error(string.Create(CultureInfo.InvariantCulture, $"wrong number of args for {name}: want {wanted} got {count}"));
        }
    }

    private Slot Call(Slot dot, GoFunction function, Node node, string name, List<Node>? arguments, Slot final)
    {
        CheckCount(function, name, arguments, final);
        var given = Math.Max(0, (arguments?.Count ?? 0) - 1);
        var values = new object?[given + (IsMissing(final) ? 0 : 1)];
        for (var i = 0; i < given; i++)
        {
            values[i] = Argument(dot, function.TypeAt(i), arguments![i + 1]).Value;
        }

        if (!IsMissing(final))
        {
            values[^1] = Checked(final, function.TypeAt(values.Length - 1)).Value;
        }

        try
        {
            CountStep();
            var result = function.Body(this, values);
            if (result is string text)
            {
                CountText(text.Length);
            }
            else if (result is GoList list)
            {
                Counted(static (run, count) => run.Step(count), 1 + list.Count);
            }

            return new(result, result is null);
        }
        catch (Exception e) when (e is FunctionException or FormatException)
        {
            _at = node;
            throw Error($"error calling {name}: {e.Message}", e.InnerException);
        }
        catch (TemplateException e) when (!e.IsLimit || e.File is null)
        {
            // What an included template says is part of the message; a bound is told once, from where it was reached.
            _at = node;
            throw Error($"error calling {name}: {e.Message}", e);
        }
    }

    private Slot Argument(Slot dot, ParameterType? type, Node node)
    {
        _at = node;
        switch (node)
        {
            case DotNode:
                return Checked(dot, type);
            case NilNode:
                return type is ParameterType.Any or null or ParameterType.Map or ParameterType.List or ParameterType.Strings or ParameterType.Bytes
                    or ParameterType.Object ? default : throw Error($"cannot assign nil to {NameOf(type.Value)}");
            case FieldNode field:
                return Checked(Field(dot, field, null, Missing), type);
            case VariableNode variable:
                return Checked(Variable(dot, variable, null, Missing), type);
            case PipeNode pipe:
                return Checked(Evaluate(dot, pipe), type);
            case IdentifierNode identifier:
                return Checked(Function(dot, identifier, identifier, null, Missing), type);
            case ChainNode chain:
                return Checked(Chain(dot, chain, null, Missing), type);
        }

        return new(type switch
        {
            null or ParameterType.Any => node switch
            {
                BoolNode b => b.Value,
                StringNode s => s.Text,
                NumberNode n => Ideal(n),
                _ => throw Error($"can't handle assignment of {node} to empty interface argument"),
            },
            ParameterType.Bool => node is BoolNode b ? b.Value : throw Error($"expected bool; found {node}"),
            ParameterType.String => node is StringNode s ? s.Text : throw Error($"expected string; found {node}"),
            ParameterType.Int => node is NumberNode { IsInteger: true } n ? (nint)n.Integer : throw Error($"expected integer; found {node}"),
            ParameterType.Int64 => node is NumberNode { IsInteger: true } n ? n.Integer : throw Error($"expected integer; found {node}"),
            ParameterType.Float64 => node is NumberNode { IsFloat: true } n ? n.Float : throw Error($"expected float; found {node}"),
            _ => throw Error($"can't handle {node} for arg of type {NameOf(type.Value)}"),
        });
    }

    private Slot Checked(Slot value, ParameterType? type)
    {
        if (type is null or ParameterType.Any)
        {
            return value;
        }

        if (value.Value is null)
        {
            if (value.IsBoxed)
            {
                throw Error($"wrong type for value; expected {NameOf(type.Value)}; got interface {{}}");
            }

            return type is ParameterType.Map or ParameterType.List or ParameterType.Strings or ParameterType.Bytes or ParameterType.Object
                ? default : throw Error($"invalid value; expected {NameOf(type.Value)}");
        }

        var fits = type switch
        {
            ParameterType.String => value.Value is string,
            ParameterType.Int => value.Value is nint,
            ParameterType.Int64 => value.Value is long,
            ParameterType.Float64 => value.Value is double,
            ParameterType.Bool => value.Value is bool,
            ParameterType.Map => value.Value is GoMap { IsTyped: false },
            ParameterType.List => value.Value is GoList { IsTyped: false },
            ParameterType.Strings => value.Value is GoList { ElementType: "string" },
            ParameterType.Bytes => value.Value is byte[],
            _ => value.Value is IGoObject,
        };
        return fits ? value.Unboxed : throw Error($"wrong type for value; expected {NameOf(type.Value)}; got {GoType.NameOf(value.Value)}");
    }

    private static string NameOf(ParameterType type) => type switch
    {
        ParameterType.String => "string",
        ParameterType.Int => "int",
        ParameterType.Int64 => "int64",
        ParameterType.Float64 => "float64",
        ParameterType.Bool => "bool",
        ParameterType.Map => GoMap.AnyType,
        ParameterType.List => "[]interface {}",
        ParameterType.Strings => "[]string",
        ParameterType.Bytes => "[]uint8",
        ParameterType.Object => "object",
        _ => "interface {}",
    };
}
