using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Traffic;

namespace Stagedoor.Images.LoginCommands;

/// <summary>Logins of the registry that the management API hands out.</summary>
internal static class LoginCommandServices
{
    public static void AddLoginCommands(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, LoginCommandJson.Default));
        services.AddSingleton<LoginProjects>();
    }

    public static void MapLoginCommands(this IEndpointRouteBuilder manage)
    {
        var logins = manage.MapGroup("").SpeaksJson(LoginCommandJson.Wire).ChangesNoImage();
        CreateSecret.Map(logins);
        CreateAuthorizationToken.Map(logins);
        CreateDockerConfig.Map(logins);
    }
}
