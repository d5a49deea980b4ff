package district

import "fmt"

// The invented district, its subdistricts (街道) with two communities (社区) each, and
// its bureaus (局).
const districtName = "澄江区"

var subdistricts = []struct {
	name        string
	communities [2]string
}{
	{"望江街道", [2]string{"柳荫社区", "渡口社区"}},
	{"清波街道", [2]string{"映月社区", "竹苑社区"}},
	{"东岭街道", [2]string{"松涛社区", "岭下社区"}},
	{"槐树街道", [2]string{"古槐社区", "书院社区"}},
	{"石桥街道", [2]string{"三桥社区", "水碾社区"}},
	{"梅园街道", [2]string{"香雪社区", "梅岗社区"}},
	{"新河街道", [2]string{"河湾社区", "船坞社区"}},
	{"北关街道", [2]string{"钟楼社区", "城墙社区"}},
	{"金沙街道", [2]string{"沙洲社区", "金柳社区"}},
	{"凤鸣街道", [2]string{"梧桐社区", "朝阳社区"}},
	{"永安街道", [2]string{"和顺社区", "永乐社区"}},
	{"湖滨街道", [2]string{"荷塘社区", "长堤社区"}},
}

var bureaus = []struct {
	name     string
	enforces bool // has a squad of 综合执法
}{
	{"民政局", false},
	{"人力资源和社会保障局", false},
	{"卫生健康局", true},
	{"市场监督管理局", true},
	{"城市管理局", true},
	{"住房和城乡建设局", true},
	{"生态环境局", true},
	{"文化和旅游局", true},
}

var estates = []string{
	"一区", "二区", "三区", "东苑", "西苑", "南里", "北里", "花园小区", "新村", "家属院", "菜市场", "公交站旁", "小学门口", "步行街",
}

var (
	surnames   = []rune("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜")
	givenFirst = []rune("建志文明海国立春玉秀晓雪思佳子雨嘉景永德慧丽红伟振宏永光少庆兰静")
	givenLast  = []rune("华军平芳敏涛强梅林杰峰磊洋艳勇娟霞超刚燕辉玲桂丹萍鹏飞琳婷宁凯欣")
)

// unit is a node of the organisation.
type unit struct{ id, parent, name string }

const rootUnit = "Q"

// areas are the subdistricts and then the bureaus: the units that have a leader.
func areas() int { return len(subdistricts) + len(bureaus) }

func areaUnit(area int) string {
	if area < len(subdistricts) {
		return fmt.Sprintf("J%02d", area+1)
	}
	return fmt.Sprintf("B%02d", area-len(subdistricts)+1)
}

// units lists the tree, parents first.
func units() []unit {
	list := []unit{{rootUnit, "", districtName}}
	for i, s := range subdistricts {
		id := areaUnit(i)
		list = append(list,
			unit{id, rootUnit, districtName + s.name + "办事处"},
			unit{id + "-FW", id, s.name + "便民服务中心"},
			unit{id + "-ZF", id, s.name + "综合行政执法队"},
			unit{id + "-TJ", id, s.name + "平安建设办公室"},
			unit{id + "-S1", id, s.communities[0]},
			unit{id + "-S2", id, s.communities[1]})
	}
	for i, b := range bureaus {
		id := areaUnit(len(subdistricts) + i)
		list = append(list,
			unit{id, rootUnit, districtName + b.name},
			unit{id + "-FW", id, b.name + "政务服务科"},
			unit{id + "-YW", id, b.name + "业务科"})
		if b.enforces {
			list = append(list, unit{id + "-ZF", id, b.name + "综合执法大队"})
		}
	}
	return list
}

// place draws the name of a spot in an area for the title of a case.
func place(d dice, area int) string {
	if area >= len(subdistricts) {
		area = d.IntN(len(subdistricts))
	}
	return subdistricts[area].communities[d.IntN(2)] + pick(d, estates)
}
