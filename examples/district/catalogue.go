package district

// role is a position; officials of one role are one peer group.
type role int

const (
	window     role = iota // 窗口服务
	grid                   // 社区网格员
	enforcer               // 综合执法
	mediator               // 矛盾调解
	caseworker             // 业务经办
	roles
)

// duty says how much of each kind of work a role has in a full year.
type duty struct {
	position   string
	encounters float64
	cases      float64
	deeds      float64 // a month
	channels   []float64
}

var channels = []string{"WINDOW", "ONLINE", "PHONE", "HOTLINE", "HOME_VISIT", "KIOSK", "MAIL", "OTHER"}

// channelLift is what a channel does to how content people are, in the order of
// channels.
var channelLift = []float64{0, -0.1, -0.15, -0.3, 0.25, -0.1, -0.2, 0}

const (
	channelWindow = 0
	channelOnline = 1
)

var duties = [roles]duty{
	window:     {"窗口服务", 108, 15, 0.6, []float64{70, 12, 6, 0, 1, 9, 1, 1}},
	grid:       {"社区网格员", 74, 40, 1.5, []float64{8, 8, 20, 6, 54, 0, 0, 4}},
	enforcer:   {"综合执法", 64, 45, 0.7, []float64{10, 6, 24, 26, 28, 0, 2, 4}},
	mediator:   {"矛盾调解", 70, 30, 1.0, []float64{40, 2, 22, 8, 24, 0, 2, 2}},
	caseworker: {"业务经办", 84, 41, 0.7, []float64{44, 26, 20, 4, 2, 2, 2, 0}},
}

// service is an entry of the catalogue of services.
type service struct {
	name, category string
	hard           float64 // −1 easy to +1 hard
	role           role
	bureau         int // the bureau it belongs to, or −1
}

var services = []service{
	{"社保参保登记", "社会保障", -0.8, window, 1},
	{"养老待遇资格认证", "社会保障", -0.6, window, 1},
	{"医保报销受理", "医疗保障", 0.2, window, 2},
	{"异地就医备案", "医疗保障", -0.5, window, 2},
	{"生育服务登记", "卫生健康", -0.7, window, 2},
	{"不动产登记受理", "住房保障", 0.7, window, 5},
	{"公租房申请受理", "住房保障", 1.0, window, 5},
	{"个体工商户设立登记", "市场准入", -0.3, window, 3},
	{"食品经营许可", "市场准入", 0.6, window, 3},
	{"残疾人证办理", "民政救助", 0.3, window, 0},
	{"入户走访", "社区服务", -0.8, grid, -1},
	{"独居老人探访", "社区服务", -0.3, grid, -1},
	{"政策宣传解读", "社区服务", -0.9, grid, -1},
	{"出租屋登记", "社区治理", 0.4, grid, -1},
	{"环境卫生协调", "社区治理", 0.3, grid, -1},
	{"停车秩序协调", "社区治理", 1.0, grid, -1},
	{"占道经营处理", "执法服务", 0.8, enforcer, 4},
	{"违章建筑核查", "执法服务", 1.0, enforcer, 5},
	{"噪声现场处理", "执法服务", 0.6, enforcer, 6},
	{"户外广告备案指导", "执法指导", -0.5, enforcer, 4},
	{"门店守法经营指导", "执法指导", -0.7, enforcer, 3},
	{"邻里纠纷调解", "矛盾化解", 0.2, mediator, -1},
	{"物业纠纷调解", "矛盾化解", 0.8, mediator, -1},
	{"劳资纠纷调解", "矛盾化解", 0.9, mediator, -1},
	{"法律咨询", "法律服务", -0.8, mediator, -1},
	{"低保待遇核定", "民政救助", 0.6, caseworker, 0},
	{"临时救助审核", "民政救助", 0.3, caseworker, 0},
	{"职业技能补贴审核", "社会保障", 0, caseworker, 1},
	{"老旧小区改造咨询", "住房保障", 0.9, caseworker, 5},
	{"企业开办帮办", "市场准入", -0.6, caseworker, 3},
	{"排污登记指导", "生态环境", -0.2, caseworker, 6},
	{"文体场馆预约", "文化旅游", -0.9, caseworker, 7},
}

// category is a kind of case.
type category struct {
	name   string // parent and child, joined by " / "
	hard   float64
	due    int // working days
	roles  []role
	titles []string
}

var categories = []category{
	{"城市管理 / 占道经营", 0.5, 5, []role{enforcer}, []string{"流动摊贩占道影响通行", "店外经营堵塞人行道"}},
	{"城市管理 / 违法建设", 1.0, 15, []role{enforcer}, []string{"楼顶私自加盖房屋", "一楼违建围墙未拆除"}},
	{"城市管理 / 停车秩序", 0.7, 5, []role{grid, enforcer}, []string{"消防通道被车辆长期占用", "夜间车辆乱停乱放"}},
	{"城市管理 / 环境卫生", -0.6, 3, []role{grid, enforcer}, []string{"垃圾桶满溢无人清运", "绿化带内堆放建筑垃圾"}},
	{"城市管理 / 路灯照明", -0.9, 3, []role{grid}, []string{"路灯连续多日不亮", "楼道照明损坏"}},
	{"生态环境 / 噪声扰民", 0.8, 7, []role{enforcer, caseworker}, []string{"夜间施工噪声扰民", "广场音响声音过大"}},
	{"生态环境 / 油烟异味", 0.4, 7, []role{enforcer, caseworker}, []string{"餐馆油烟直排居民楼", "下水道异味严重"}},
	{"市场监管 / 消费维权", -0.3, 7, []role{enforcer, caseworker, window}, []string{"预付卡商家拒绝退费", "网购商品与宣传不符"}},
	{"市场监管 / 食品安全", 0.1, 7, []role{enforcer}, []string{"餐饮店后厨卫生差", "超市出售过期食品"}},
	{"社区治理 / 物业服务", 0.6, 10, []role{grid, mediator}, []string{"电梯频繁故障物业不修", "物业费公示不清"}},
	{"社区治理 / 邻里纠纷", 0.2, 7, []role{grid, mediator}, []string{"楼上长期漏水协商不成", "楼道堆物引发争执"}},
	{"社区治理 / 加装电梯", 1.0, 20, []role{grid, mediator}, []string{"加装电梯邻里意见不一", "电梯加装停工多月"}},
	{"社区治理 / 宠物管理", -0.4, 5, []role{grid}, []string{"遛犬不牵绳", "流浪犬聚集"}},
	{"劳动社保 / 拖欠工资", 0.9, 15, []role{mediator, caseworker}, []string{"装修工人工资被拖欠", "离职后工资未结清"}},
	{"劳动社保 / 社保缴纳", -0.2, 10, []role{window, caseworker}, []string{"单位漏缴社保", "转入缴费年限未合并"}},
	{"住房建设 / 房屋漏水", 0.3, 10, []role{grid, caseworker}, []string{"公租房屋顶漏水", "外墙渗水未修"}},
	{"住房建设 / 老旧小区改造", 0.7, 20, []role{caseworker}, []string{"改造后道路未恢复", "改造方案未征求意见"}},
	{"民生救助 / 低保救助", 0.5, 10, []role{caseworker, window}, []string{"低保申请久未答复", "临时救助标准有疑问"}},
	{"民生救助 / 残疾人服务", -0.1, 7, []role{grid, caseworker}, []string{"无障碍坡道被占用", "残疾人补贴未到账"}},
	{"政务服务 / 办事流程", -0.7, 5, []role{window, caseworker}, []string{"材料要求前后不一", "网上申报被反复退回"}},
	{"政务服务 / 证照办理", -0.4, 5, []role{window}, []string{"证照超期未发", "证照信息有误要求更正"}},
}

// caseDetails are second sentences; what a case says first is its title.
var caseDetails = []string{
	"已多次反映，至今没有明显改善。", "希望尽快到现场核实。", "家中有老人和孩子，生活受到影响。", "请告知处理时限和负责人。",
	"邻居们都有同样的意见。", "之前处理过一次，不久又出现。", "可以提供照片和视频。",
}

// comments by level, 1 to 5.
var comments = [5][]string{
	{"跑了三趟都没办成，没人说清楚缺什么材料。", "态度很差，问一句就不耐烦。", "推来推去，最后还是没有结果。", "等了两个小时，窗口一直没人。"},
	{"流程太慢，催了好几次。", "解释不清楚，回家又要重来。", "答应回电话，一直没有回。", "事情只处理了一半。"},
	{"办是办了，等的时间有点长。", "一般，没有特别的感受。", "希望能提前告知需要的材料。", "结果可以，过程有些曲折。"},
	{"总体不错，如果能在网上办就更好了。", "工作人员耐心，排队稍久。", "处理及时，谢谢。", "讲得清楚，少跑了一趟。"},
	{"一次就办好了，非常感谢！", "下班了还在帮我们协调，辛苦了。", "主动上门，解决了老人的大难题。", "讲解耐心，办得很快。", "问题真的解决了，为他点赞。"},
}

var goodTags = []string{"态度热情", "一次办好", "主动服务", "讲解清楚", "办事高效"}

var badTags = []string{"等候太久", "推诿", "态度生硬", "材料反复", "没有解决"}
